import Foundation
import HTTPSurface
import HTTPTypes
import Origin
import Testing

@testable import OriginHTTP

@Suite struct ConditionalRequestTests {
    static let object = OriginObject(
        contentType: "video/mp4", size: 1000, entityTag: "tag", lastModified: Date(timeIntervalSince1970: 784_111_777),
        lifetime: .immutable, body: .bytes([]))

    /// Of what depends on policies a date tells nothing; a range is for GET.
    @Test func whatIsNotEvaluated() {
        var manifest = Self.object
        manifest.lifetime = .short
        let later: HTTPFields = [.ifModifiedSince: "Sat, 01 Jan 2050 00:00:00 GMT"]
        #expect(ConditionalRequest(later, isRead: true).evaluate(Self.object) == .notModified)
        #expect(ConditionalRequest(later, isRead: true).evaluate(manifest) == .whole)
        let earlier: HTTPFields = [.ifUnmodifiedSince: "Thu, 01 Jan 1970 00:00:00 GMT"]
        #expect(ConditionalRequest(earlier, isRead: true).evaluate(Self.object) == .preconditionFailed)
        #expect(ConditionalRequest(earlier, isRead: true).evaluate(manifest) == .whole)
        let dated: HTTPFields = [.range: "bytes=0-9", .ifRange: HTTPDate.format(manifest.lastModified)]
        #expect(ConditionalRequest(dated, isRead: true).evaluate(Self.object) == .part(0..<10))
        #expect(ConditionalRequest(dated, isRead: true).evaluate(manifest) == .whole)
        #expect(ConditionalRequest([.range: "bytes=0-9"], isRead: false).evaluate(Self.object) == .whole)
    }

    @Test(arguments: [
        ("bytes=0-0", ConditionalRequest.Evaluation.part(0..<1)), ("bytes=0-999", .part(0..<1000)),
        ("bytes=500-", .part(500..<1000)), ("bytes=-1", .part(999..<1000)), ("bytes=-5000", .part(0..<1000)),
        ("bytes=999-2000", .part(999..<1000)), ("bytes=1000-", .rangeNotSatisfiable),
        ("bytes=-0", .rangeNotSatisfiable),
        ("bytes=5-4", .whole), ("bytes=a-b", .whole), ("bytes=0-1,3-4", .whole), ("items=0-1", .whole),
        ("bytes=", .whole),
        ("bytes=-", .whole), ("bytes=18446744073709551615-", .rangeNotSatisfiable),
        ("bytes=99999999999999999999-", .rangeNotSatisfiable), ("bytes=-99999999999999999999", .part(0..<1000)),
        ("bytes=5-99999999999999999999", .part(5..<1000)),
        ("bytes=0-18446744073709551615", .part(0..<1000)),
    ])
    func ranges(header: String, expected: ConditionalRequest.Evaluation) {
        #expect(ConditionalRequest([.range: header], isRead: true).evaluate(Self.object) == expected)
    }

    @Test(
        arguments: [
            ([HTTPField.Name.ifNoneMatch: "\"tag\""], ConditionalRequest.Evaluation.notModified),
            ([HTTPField.Name.ifNoneMatch: "W/\"tag\""], .notModified),
            ([HTTPField.Name.ifNoneMatch: "*"], .notModified),
            ([HTTPField.Name.ifNoneMatch: "\"a\", \"tag\""], .notModified),
            ([HTTPField.Name.ifNoneMatch: "\"a\""], .whole),
            ([HTTPField.Name.ifMatch: "\"a\""], .preconditionFailed),
            ([HTTPField.Name.ifMatch: "W/\"tag\""], .preconditionFailed),
            ([HTTPField.Name.ifMatch: "\"tag\""], .whole),
            ([HTTPField.Name.ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"], .notModified),
            ([HTTPField.Name.ifModifiedSince: "Sun, 06 Nov 1994 08:49:36 GMT"], .whole),
            ([HTTPField.Name.ifModifiedSince: "yesterday"], .whole),
            ([HTTPField.Name.ifUnmodifiedSince: "Sun, 06 Nov 1994 08:49:36 GMT"], .preconditionFailed),
            ([HTTPField.Name.range: "bytes=0-1", HTTPField.Name.ifRange: "\"a\""], .whole),
            ([HTTPField.Name.range: "bytes=0-1", HTTPField.Name.ifRange: "W/\"tag\""], .whole),
            (
                [HTTPField.Name.range: "bytes=0-1", HTTPField.Name.ifRange: "Sun, 06 Nov 1994 08:49:37 GMT"],
                .part(0..<2)
            ),
        ] as [([HTTPField.Name: String], ConditionalRequest.Evaluation)])
    func conditions(headers: [HTTPField.Name: String], expected: ConditionalRequest.Evaluation) {
        var fields = HTTPFields()
        for (name, value) in headers { fields[name] = value }
        #expect(ConditionalRequest(fields, isRead: true).evaluate(Self.object) == expected)
    }

    @Test func datesAreOfTheStandardsForm() throws {
        let date = Date(timeIntervalSince1970: 784_111_777)
        #expect(HTTPDate.format(date) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.parse("Sun, 06 Nov 1994 08:49:37 GMT") == date)
        for text in ["", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"] {
            #expect(HTTPDate.parse(text) == nil)
        }
    }
}
