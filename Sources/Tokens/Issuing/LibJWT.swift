import CLibJWT
import Glibc
import Policies

/// libjwt 1.10 as a signer. It never verifies here: it takes unsigned and expired tokens for good ones.
enum LibJWT {
    static func sign(
        _ claims: JSONValue, algorithm: SignatureAlgorithm, key: [UInt8]
    ) throws(TokenIssueError) -> String {
        var handle: OpaquePointer?
        guard jwt_new(&handle) == 0, let handle, let keyLength = Int32(exactly: key.count) else {
            throw .libraryFailed
        }
        defer { jwt_free(handle) }
        guard jwt_add_grants_json(handle, claims.description) == 0 else { throw .libraryFailed }
        guard let library = algorithm.library else { throw .algorithmNotIssued(algorithm) }
        guard jwt_set_alg(handle, library, key, keyLength) == 0 else { throw .keyNotForAlgorithm(algorithm) }
        guard let text = jwt_encode_str(handle) else { throw .keyNotForAlgorithm(algorithm) }
        defer { free(text) }
        return String(cString: text)
    }
}

extension SignatureAlgorithm {
    /// Nil for what the library cannot sign with.
    fileprivate var library: jwt_alg_t? {
        switch self {
        case .hs256: JWT_ALG_HS256
        case .hs384: JWT_ALG_HS384
        case .hs512: JWT_ALG_HS512
        case .rs256: JWT_ALG_RS256
        case .rs384: JWT_ALG_RS384
        case .rs512: JWT_ALG_RS512
        case .es256: JWT_ALG_ES256
        case .es384: JWT_ALG_ES384
        case .es512: JWT_ALG_ES512
        case .ps256, .ps384, .ps512, .edDSA: nil
        }
    }
}
