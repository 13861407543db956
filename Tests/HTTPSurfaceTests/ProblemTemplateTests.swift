import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import HTTPSurface

/// A refusal that was written before is the same document as one that is written anew.
@Suite struct ProblemTemplateTests {
    @Test(arguments: [
        "The token is not valid.", "", "with \"quotes\", \\ and\nlines / é 🎬", "the-name-of-the-request",
        "\"requestId\":\"the-name-of-the-request\"",
    ])
    func templatesChangeNothing(detail: String) throws {
        for (status, code) in [(HTTPResponse.Status.unauthorized, "tokenInvalid"), (.notFound, "keyUnknown")] {
            let problem = Problem(status, code: code, detail: detail)
            for name in ["0mwqah89m3q6fwryt9p7j1", "1", "not \"plain\""] {
                // The second is made of the template.
                for _ in 0..<2 {
                    let body = problem.fastResponse(requestID: name).body
                    #expect(Data(body.readableBytesView) == problem.encoded(requestID: name))
                    let document =
                        try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]
                    #expect(document?["requestId"] as? String == name && document?["detail"] as? String == detail)
                }
            }
        }
    }

    /// What lists choices or fields is written anew: they are not part of what a template goes by.
    @Test func choicesAreNotMixedUp() {
        for choices in [["a"], ["b"], []] {
            let problem = Problem(.badRequest, code: "x", detail: "y", choices: choices)
            #expect(
                Data(problem.fastResponse(requestID: "1").body.readableBytesView) == problem.encoded(requestID: "1"))
        }
    }

    @Test func manyDifferentOnesAreBounded() {
        for number in 0..<1000 {
            let problem = Problem(.badRequest, code: "x", detail: "\(number)")
            #expect(
                Data(problem.fastResponse(requestID: "1").body.readableBytesView) == problem.encoded(requestID: "1"))
        }
    }
}
