import Policies
import Testing

@testable import Tokens

/// A good claims set without its last brace.
private let body = String(payload().dropLast())

private func nested(_ count: Int, _ open: String, _ close: String, around inner: String = "") -> String {
    String(repeating: open, count: count) + inner + String(repeating: close, count: count)
}

/// A signed claims set with bytes inside a string.
private func withBytes(_ bytes: [UInt8]) -> String {
    let start = Array(payload(["x": "\"a"]).utf8.dropLast())
    return signed(header: goodHeader, payload: start + bytes + Array("\"}".utf8))
}

private let refusedPayloads: [(String, String)] = [
    ("duplicate exp", body + #","exp":1}"#),
    ("duplicate aud", #"{"aud":"x",\#(payload().dropFirst())"#),
    ("duplicate, escaped", body + #","\u0065xp":1700009999}"#),
    ("duplicate inside", payload(["x": #"{"a":1,"a":2}"#])),
    ("deep array", payload(["x": nested(30, "[", "]")])),
    ("deep open", payload(["x": String(repeating: "[", count: 8000)])),
    (
        "deep object",
        payload(["x": nested(30, #"{"a":"#, "}", around: "1")])
    ),
    ("trailing", payload() + "x"), ("two values", payload() + payload()), ("NaN", payload(["exp": "NaN"])),
    ("Infinity", payload(["exp": "Infinity"])), ("plus", payload(["exp": "+1700000600"])),
    ("leading zero", payload(["exp": "01700000600"])), ("hex", payload(["exp": "0x6553F358"])),
    ("no fraction", payload(["exp": "1700000600."])), ("trailing comma", body + ",}"),
    ("comment", payload() + "//"), ("single quotes", payload().replacing("\"", with: "'")),
    ("BOM", "\u{FEFF}" + payload()),
    ("array", "[\(payload())]"), ("text", "\"x\""), ("null", "null"), ("nothing", ""), ("white space", "  "),
    ("cut", body), ("lone surrogate", payload(["x": #""\ud800""#])),
    ("low surrogate", payload(["x": #""\udc00""#])), ("bad pair", payload(["x": #""\ud800\u0041""#])),
    ("bad escape", payload(["x": #""\x41""#])), ("control", payload(["x": "\"\u{1}\""])),
    ("long number", payload(["x": String(repeating: "1", count: 65)])),
    ("line in text", payload(["x": "\"a\nb\""])),
]

private let otherCases: [TokenCase] = [

    TokenCase(
        "payload not UTF-8",
        withBytes([0xFF]),
        .malformed),
    TokenCase(
        "payload overlong UTF-8",
        withBytes([0xC0, 0x80]),
        .malformed),
    TokenCase("payload white space around", token(payload: " \r\n\t\(payload())\n"), nil),
    TokenCase(
        "payload ten deep", token(["x": nested(10, "[", "]")]), nil
    ),
]

/// What the claims set must be as JSON, when its signature holds.
@Suite struct JWTPayloadTests {
    @Test(arguments: refusedPayloads.map { TokenCase($0.0, token(payload: $0.1), .malformed) } + otherCases)
    func cases(_ subject: TokenCase) {
        let verdict = verdict(subject.token)
        #expect(verdict.rejection == subject.expected)
        #expect((verdict.token != nil) == (subject.expected == nil))
    }
}
