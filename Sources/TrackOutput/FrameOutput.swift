public import EncoderProtocol
import Foundation
import Glibc

/// Writes frames to the parent. A slow parent slows the encoder; a parent that is gone ends it.
public final class FrameOutput {
    private let descriptor: Int32

    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    public func send(_ event: EncoderEvent) throws {
        try send(.event, track: 0, Array(try JSONEncoder().encode(event)))
    }

    /// Sends bytes in as many frames as they need; at least one.
    public func send(_ kind: EncoderFrame.Kind, track: Int, _ bytes: [UInt8]) throws {
        var rest = bytes[...]
        repeat {
            let payload = rest.prefix(EncoderFrame.maximumPayload)
            rest = rest.dropFirst(payload.count)
            try write(EncoderFrame.header(kind, track: track, payloadSize: payload.count)[...])
            try write(payload)
        } while !rest.isEmpty
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Heartbeat.wait {
                rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw EncodingFailure(.internalError, "the parent does not read any more") }
            rest = rest.dropFirst(count)
        }
    }
}
