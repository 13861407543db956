// What a key server is at the least: checks an HS256 token and answers 16 bytes. No policies, no addresses, no audit log,
// no key-encryption key, no revocation: the cost of HTTP and of the token alone, as Node has it.
//
// Arguments: issuer, audience, and for TLS the files of a certificate and its key. The secret comes on standard input.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

const [issuer, audience, certificate, certificateKey] = process.argv.slice(2);
const secret = readFileSync(0);
const contentKey = Buffer.from("0123456789abcdef");

function isGood(token) {
    const parts = token.split(".");
    if (parts.length !== 3) return false;
    const header = JSON.parse(Buffer.from(parts[0], "base64url"));
    if (header.alg !== "HS256") return false;
    const expected = createHmac("sha256", secret).update(`${parts[0]}.${parts[1]}`).digest();
    const given = Buffer.from(parts[2], "base64url");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    const claims = JSON.parse(Buffer.from(parts[1], "base64url"));
    return claims.iss === issuer && claims.aud === audience && claims.exp > Date.now() / 1000
        && claims.plan === "premium";
}

function answer(request, response) {
    let good = false;
    const authorization = request.headers.authorization ?? "";
    try {
        good = authorization.startsWith("Bearer ") && isGood(authorization.slice(7));
    } catch {
        // Not a token.
    }
    if (!good) {
        response.writeHead(401, { "content-length": 0 });
        response.end();
        return;
    }
    response.writeHead(200, {
        "content-type": "application/octet-stream", "cache-control": "no-store", "content-length": contentKey.length,
    });
    response.end(contentKey);
}

const server = certificate
    ? https.createServer({ cert: readFileSync(certificate), key: readFileSync(certificateKey) }, answer)
    : http.createServer(answer);
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => {
    console.log(`listening keys ${certificate ? "https" : "http"}://127.0.0.1:${server.address().port}`);
});
