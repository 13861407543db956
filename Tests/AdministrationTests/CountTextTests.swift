import Catalog
import Testing

@Suite struct CountTextTests {
    @Test func oneIsOneAndTheOthersAreMany() {
        #expect(CountText.text(0, "error") == "0 errors")
        #expect(CountText.text(1, "error") == "1 error")
        #expect(CountText.text(UInt64(2), "key or secret", "keys and secrets") == "2 keys and secrets")
        #expect(CountText.text(1, "file is", "files are") == "1 file is")
    }
}
