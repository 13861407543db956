import Catalog
import Foundation
import Testing

@Suite struct SystemReasonTests {
    private func failure(_ work: () throws -> Void) throws -> any Error {
        do {
            try work()
        } catch {
            return error
        }
        throw CocoaError(.featureUnsupported)
    }

    @Test func theMachinesOwnWordsAreTold() throws {
        let absent = try failure { _ = try Data(contentsOf: URL(fileURLWithPath: "/nowhere/at/all")) }
        #expect(SystemReason.text(absent) == "no such file or directory")
        #expect(
            SystemReason.sentence(try #require(absent as? CocoaError)).hasPrefix(
                "'/nowhere/at/all' cannot be used: no such file or directory; see that"))
        let folder = try failure {
            _ = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/")).read(upToCount: 1)
        }
        #expect(SystemReason.text(folder) == "is a directory")
        #expect(SystemReason.text(POSIXError(.ENOSPC)) == "no space left on device")
        #expect(SystemReason.text(CocoaError(.fileReadUnknownStringEncoding)).contains("UTF-8"))
    }
}
