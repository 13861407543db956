import ArgumentParser
import Foundation
import KeyServer

/// What a server does.
enum ServiceRole: String, CaseIterable, ExpressibleByArgument {
    case keys
    case origin
    case admin
    case worker

    /// From a list as `keys,origin`.
    static func list(_ text: String) throws -> Set<ServiceRole> {
        let roles = try text.split(separator: ",").map { word in
            guard let role = ServiceRole(rawValue: word.trimmingCharacters(in: .whitespaces)) else {
                throw CommandFailure(.usage, "--roles: '\(word)' is not one of keys, origin, admin, worker")
            }
            return role
        }
        guard !roles.isEmpty else { throw CommandFailure(.usage, "--roles names no role") }
        return Set(roles)
    }
}
