import Catalog
import Policies
import Testing

@testable import Origin

/// What a transform may say of a package is what the origin knows, word by word.
@Suite struct PackageWordTests {
    @Test func formatsAreThoseOfURLs() {
        let served = StreamingFormat.served.filter { $0.container != .smooth }.compactMap(\.urlWord)
        #expect(Set(TaskPackage.Format.allCases.map(\.rawValue)) == Set(served))
    }

    @Test(arguments: TaskPackage.Encryption.allCases)
    func encryptionsAreThoseOfURLs(_ word: TaskPackage.Encryption) {
        #expect(DeliveryEncryption(urlWord: word.rawValue)?.urlWord == word.rawValue)
    }
}
