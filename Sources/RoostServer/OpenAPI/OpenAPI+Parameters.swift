extension OpenAPI {
    /// Members of `components.parameters`.
    static let parameters = #"""
        "application": {
          "name": "application",
          "in": "path",
          "description": "an application's name",
          "required": true,
          "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
        },
        "service": {
          "name": "service",
          "in": "path",
          "description": "a service's name",
          "required": true,
          "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,15}$"}
        },
        "instance": {
          "name": "instance",
          "in": "path",
          "description": "an instance's name: `data.0`",
          "required": true,
          "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,15}[.](0|[1-9][0-9]{0,3})$"}
        },
        "user": {
          "name": "user",
          "in": "path",
          "description": "a user's name",
          "required": true,
          "schema": {"type": "string", "pattern": "^[!-.0-~]{1,128}$"}
        },
        "snapshot": {
          "name": "snapshot",
          "in": "path",
          "description": "a snapshot's id",
          "required": true,
          "schema": {"type": "string", "pattern": "^[!-.0-~]{1,128}$"}
        },
        "clone": {
          "name": "clone",
          "in": "path",
          "description": "a clone's name",
          "required": true,
          "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
        },
        "template": {
          "name": "template",
          "in": "path",
          "description": "a template's name",
          "required": true,
          "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
        },
        "digest": {
          "name": "digest",
          "in": "path",
          "description": "the SHA-256 of a source, a tar file",
          "required": true,
          "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        },
        "operation": {
          "name": "operation",
          "in": "path",
          "description": "an operation's id",
          "required": true,
          "schema": {"type": "string", "pattern": "^[!-.0-~]{1,128}$"}
        },
        "token": {
          "name": "token",
          "in": "path",
          "description": "a token's name",
          "required": true,
          "schema": {"type": "string", "pattern": "^[!-.0-~]{1,128}$"}
        },
        "engine": {
          "name": "engine",
          "in": "path",
          "description": "an engine's name: `mysql@9.7.4`",
          "required": true,
          "schema": {"type": "string", "pattern": "^[!-.0-~]{1,128}$"}
        },
        "wait": {
          "name": "wait",
          "in": "query",
          "description": "`ready`: respond when the operation has ended (after at most 5 minutes)",
          "schema": {"enum": ["ready"]}
        },
        "confirm": {
          "name": "confirm",
          "in": "query",
          "description": "the name of the object to destroy",
          "schema": {"type": "string"}
        },
        "keep": {
          "name": "keep",
          "in": "query",
          "description": "keep a final snapshot for 7 days",
          "schema": {"type": "boolean", "default": true}
        },
        "dryRun": {
          "name": "dry_run",
          "in": "query",
          "description": "only report what would be destroyed",
          "schema": {"type": "boolean"}
        }
        """#
}
