import Catalog
import Testing

/// What can name a file of an asset.
@Suite struct AssetFileNameTests {
    @Test(arguments: [
        "master.mov", "v1/cenc/cmaf/video-720p/0.m4s", "v1/cbc/ts/a+b/media.m3u8", "_", "+",
        Array(repeating: "a", count: 8).joined(separator: "/"),
    ])
    func partsOfAPath(name: String) {
        #expect(AssetFileRecord.isName(name))
        #expect(OriginalReference("asset:film/\(name)")?.file == name)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "a/.b", ".a", "a b", "a\\b", "a\nb", "a%2Fb", "ä", "a\0",
        Array(repeating: "a", count: 9).joined(separator: "/"), String(repeating: "a", count: 129),
        Array(repeating: String(repeating: "a", count: 100), count: 6).joined(separator: "/"),
    ])
    func nothingElse(name: String) {
        #expect(!AssetFileRecord.isName(name))
        #expect(OriginalReference("asset:film/\(name)") == nil)
    }
}
