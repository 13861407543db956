import Cryptography

/// Encrypts the samples of one fragment in place, piece by piece, in the order of `mdat`.
///
/// Owned by one task. A piece may end anywhere: in a sample, a subsample, a cipher block. The output does not depend on
/// where pieces end.
public final class FragmentEncryptor {
    private let samples: [PlannedSample]
    private let cipher: any SampleCipher
    private var sample = 0
    private var run = 0
    private var clearLeft = 0
    private var protectedLeft = 0

    init(samples: [PlannedSample], cipher: any SampleCipher) {
        self.samples = samples
        self.cipher = cipher
    }

    /// Encrypts the next bytes of the samples in place.
    ///
    /// - Returns: how many leading bytes are finished. The others, fewer than 16, belong to a cipher block that goes on
    ///   after the piece: they are unchanged and must be given again at the start of the next piece. Nothing is left
    ///   over at the end of the last sample.
    /// - Throws: `MediaEncryptionError` when there are more bytes than planned. Then nothing more may be sent.
    public func encrypt(_ bytes: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) -> Int {
        do throws(MediaEncryptionError) {
            return try encryptRuns(bytes)
        } catch {
            cipher.abandon()
            throw error
        }
    }

    private func encryptRuns(_ bytes: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) -> Int {
        var done = 0
        while done < bytes.count {
            let left = bytes.count - done
            if clearLeft > 0 {
                let count = min(clearLeft, left)
                clearLeft -= count
                done += count
            } else if protectedLeft > 0 {
                let count = min(protectedLeft, left)
                let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[done..<(done + count)])
                let finished = try encryptProtected(piece)
                done += finished
                if finished < count { break }
            } else {
                try nextRun()
            }
        }
        try finishBlocks()
        return done
    }

    /// Whether all planned bytes are finished.
    public var isFinished: Bool {
        clearLeft == 0 && protectedLeft == 0 && sample == samples.count
    }

    private func encryptProtected(_ piece: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) -> Int {
        do throws(CryptographyError) {
            let finished = try cipher.encrypt(piece, isLast: piece.count == protectedLeft)
            protectedLeft -= finished
            return finished
        } catch {
            throw .cryptography(error)
        }
    }

    private func finishBlocks() throws(MediaEncryptionError) {
        do throws(CryptographyError) {
            try cipher.finish()
        } catch {
            throw .cryptography(error)
        }
    }

    private func nextRun() throws(MediaEncryptionError) {
        guard sample < samples.count else { throw .tooManyBytes }
        let current = samples[sample]
        do throws(CryptographyError) {
            if run == 0 { try cipher.startSample(current.number) }
            let next = current.runs[run]
            clearLeft = next.clearBytes
            protectedLeft = next.protectedBytes
            if protectedLeft > 0 { try cipher.startSubsample() }
        } catch {
            throw .cryptography(error)
        }
        run += 1
        if run == current.runs.count { (sample, run) = (sample + 1, 0) }
    }
}
