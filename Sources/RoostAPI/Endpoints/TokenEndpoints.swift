import RoostModel

/// Calls on tokens, and the sign-in to the page.
package enum TokenEndpoints {
    package static let list = Endpoint<NoParameters, NoBody, ItemList<TokenInfo>>(.get, "/v1/tokens")
    package static let add = Endpoint<NoParameters, TokenRequest, TokenInfo>(.post, "/v1/tokens")
    package static let remove = Endpoint<TokenPath, NoBody, NoAnswer>(.delete)
    /// Makes a one-time address of the page.
    package static let signIn = Endpoint<NoParameters, NoBody, SignInInfo>(.post, "/v1/sign-in")

    static let declared: [any AnyEndpoint] = [list, add, remove, signIn]
}
