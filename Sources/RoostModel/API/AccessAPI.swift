import Foundation

/// Access: tokens, and the sign-in to the page.
package protocol AccessAPI: Sendable {
    func tokens() async throws(Problem) -> [TokenInfo]
    func addToken(_ request: TokenRequest) async throws(Problem) -> TokenInfo
    func removeToken(_ name: String) async throws(Problem)
    /// The name of a token; nil if it is unknown.
    func name(ofToken token: String) async throws(Problem) -> String?
    /// Nil if the token is unknown.
    func access(token: String) async throws(Problem) -> Access?
    /// A one-time code for the page, valid for a minute. The server puts it in an address.
    func makeSignInCode() async throws(Problem) -> (code: String, expiresAt: Date)
    /// Nil if the code is unknown, used or expired.
    func redeem(signInCode: String) async throws(Problem) -> Access?
}
