import Glibc

/// Levels.
enum Decibels {
    /// Of a ratio of powers.
    static func ofRatio(_ ratio: Double) -> Double { 10 * Glibc.log10(max(ratio, 1e-20)) }

    /// Of a ratio of amplitudes.
    static func ofAmplitude(_ ratio: Double) -> Double { 20 * Glibc.log10(max(ratio, 1e-10)) }
}
