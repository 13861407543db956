import Administration
import ServiceLifecycle

/// Cancels the operations of a server that ends, before its listeners end: these wait for the answers that are under way,
/// and a verification that somebody waits for may read for hours.
struct OperationService: Service {
    let operations: OperationDesk

    func run() async throws {
        try? await gracefulShutdown()
        operations.cancelAll()
    }
}
