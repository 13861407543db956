import Administration

extension OperatorInterface {
    /// Every page of a list, one after the other.
    ///
    /// - Parameter verb: makes the verb of the page after a cursor.
    func pages<Verb: OperatorVerb>(
        _ verb: (_ after: String?) -> Verb
    ) async throws -> [Verb.Report] where Verb.Report: PagedReport {
        var reports = [try await perform(verb(nil))]
        while let next = reports.last?.next { reports.append(try await perform(verb(next))) }
        return reports
    }
}
