import Foundation
import Origin
import Testing

@Suite struct ThumbnailPathTests {
    @Test(arguments: [
        "v1/clear/jpeg/thumbnails/0.jpg", "v1/clear/jpeg/thumbnails/01.jpg", "v1/clear/jpeg/thumbnails/-1.jpg",
        "v1/clear/jpeg/thumbnails/1.m4s", "v1/clear/jpeg/thumbnails/init.mp4", "v1/clear/jpeg/thumbnails/iframes.m3u8",
        "v1/clear/cmaf/thumbnails/1.jpg", "v1/clear/jpeg/a+b/1.jpg", "Poster.jpg", "poster.jpeg",
        "thumbnails(filter=).vtt",
        "thumbnails(filter=b;a).vtt", "v1/clear/jpeg/thumbnails/99999999999999999999.jpg",
    ])
    func whatIsNoPictureIsRefused(path: String) {
        #expect(throws: OriginError.self) {
            try OriginPath(parsing: OriginPathTests.root + path)
        }
    }

    /// A player resolves cues against the address of the document, whose query is then lost.
    @Test func signaturesStandBeforeThePlace() throws {
        let text = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nv1/clear/jpeg/thumbnails/1.jpg#xywh=0,0,160,90\n"
        func object(_ type: String) -> OriginObject {
            OriginObject(
                contentType: type, size: UInt64(text.utf8.count), entityTag: "a", lastModified: Date(),
                lifetime: .short, body: .bytes(Array(text.utf8)))
        }
        let signed = try object("text/vtt; charset=utf-8").linked(by: "e.x.y")
        guard case .bytes(let bytes) = signed.body else { throw CancellationError() }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n"
                + "v1/clear/jpeg/thumbnails/1.jpg?kw=e.x.y#xywh=0,0,160,90\n")
        #expect(signed.lifetime == .session)
        // Subtitles are no list of links.
        #expect(try object("text/vtt").linked(by: "e.x.y").lifetime == .short)
    }
}
