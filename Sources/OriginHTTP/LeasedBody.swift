import HTTPSurface
import NIOCore
import Origin

/// A body that is counted among the answers under way until the connection lets go of it.
final class LeasedBody: FastBody {
    private let body: any FastBody
    private let lease: EndpointLease

    init(_ body: any FastBody, _ lease: EndpointLease) {
        self.body = body
        self.lease = lease
    }

    var byteCount: Int { body.byteCount }

    func pieceAtHand() throws -> ByteBuffer? { try body.pieceAtHand() }

    func piece(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> { body.piece(on: loop) }

    func takeBack(_ piece: ByteBuffer) { body.takeBack(piece) }
}
