/// Looks at everything on the server's machine that may be wrong, and changes nothing.
public struct Diagnose: OperatorVerb {
    /// Whether servers elsewhere are asked.
    public var network: Bool?
    /// How many of the newest audit records are checked.
    public var auditRecords: Int?

    public static let defaultAuditRecords = 10_000

    public init(network: Bool? = nil, auditRecords: Int? = nil) {
        self.network = network
        self.auditRecords = auditRecords
    }

    /// What was found of one thing; holds no secrets, and names files, addresses and fields.
    public struct Finding: Codable, Sendable, Hashable {
        /// What was looked at.
        public var check: String
        /// `ok`, `warning` or `error`.
        public var state: String
        public var text: String
        /// What to do; nil where there is nothing to do.
        public var action: String?

        public init(check: String, state: String, text: String, action: String?) {
            self.check = check
            self.state = state
            self.text = text
            self.action = action
        }
    }

    public struct Report: Codable, Sendable {
        public var dataFolder: String
        /// The worst of the findings'.
        public var state: String
        public var findings: [Finding]

        public init(dataFolder: String, state: String, findings: [Finding]) {
            self.dataFolder = dataFolder
            self.state = state
            self.findings = findings
        }
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let diagnose = context.diagnose else {
            throw OperatorError(
                .unavailable, "this server does not examine itself: run 'keyway doctor' on its machine")
        }
        return try await diagnose(self)
    }
}

/// Examines the machine and the data folder of this process.
public typealias Diagnostician = @Sendable (_ order: Diagnose) async throws -> Diagnose.Report
