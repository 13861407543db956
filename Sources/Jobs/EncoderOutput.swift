/// Takes what an encoder child writes. Everything that arrives is untrusted.
protocol EncoderOutput: Sendable {
    func take(_ bytes: [UInt8]) async throws
}
