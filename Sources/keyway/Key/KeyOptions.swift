import Administration
import ArgumentParser
import ContentKeys
import Foundation
import KeyServer
import Policies

/// What can be said of a new key on the command line. Never its bytes.
struct KeyOptions: ParsableArguments {
    @Option(help: "A name, unique among keys.")
    var name: String?

    @Option(
        name: [.customLong("policy"), .customLong("auth")],
        help: "The authorization policy; without one nobody receives the key.")
    var policy: String?

    @Option(help: "Which tracks it is for: all, audio, video, sd, hd or uhd.")
    var label: String?

    @Option(help: "Deliver the key from this time on (RFC 3339).")
    var notBefore: String?

    @Option(help: "Deliver the key until this time (RFC 3339).")
    var notAfter: String?

    func properties(keyID: KeyID?) throws -> KeyProperties {
        KeyProperties(
            keyID: keyID, name: name, authorizationPolicy: policy, label: try label.map(Self.label),
            notBefore: try notBefore.map { try Self.time($0, "--not-before") },
            notAfter: try notAfter.map { try Self.time($0, "--not-after") })
    }

    static func keyID(_ text: String) throws -> KeyID {
        guard let keyID = KeyID(text) else { throw CommandFailure(.usage, "--kid is not a UUID: '\(text)'") }
        return keyID
    }

    static func type(_ text: String) throws -> ContentKeyType {
        guard let type = ContentKeyType(rawValue: text), type.isDeliverable else {
            throw CommandFailure(.usage, "--type must be common, common-cbcs or envelope, not '\(text)'")
        }
        return type
    }

    /// A label by its name, or by the short one of the video heights.
    static func label(_ text: String) throws -> KeyLabel {
        guard let label = KeyLabel(rawValue: text) ?? KeyLabel(rawValue: "video-" + text) else {
            throw CommandFailure(.usage, "--label must be all, audio, video, sd, hd or uhd, not '\(text)'")
        }
        return label
    }

    static func time(_ text: String, _ option: String) throws -> Date {
        guard let time = TimeText.date(text) else {
            throw CommandFailure(.usage, "\(option) is a time in RFC 3339, as 2026-11-21T00:00:00Z, not '\(text)'")
        }
        return time
    }

    static func duration(_ text: String, _ option: String) throws -> Int {
        guard let seconds = DurationText.seconds(text) else {
            throw CommandFailure(.usage, "\(option) is a duration, as 12h or 30d, not '\(text)'")
        }
        return seconds
    }
}
