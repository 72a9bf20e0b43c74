// Users and passwords of a service.
extension OpenAPI {
    /// Members of `components.schemas`.
    static let accountSchemas = #"""
        "RotateRequest": {
          "type": "object",
          "properties": {
            "grace_seconds": {
              "type": ["number", "null"],
              "minimum": 0,
              "maximum": 2592000,
              "description": "how long the old password keeps working"
            },
            "replication": {
              "type": ["boolean", "null"],
              "description": "true: the passwords of the members' replication accounts are rotated instead; without `grace_seconds`"
            }
          },
          "additionalProperties": false,
          "example": {"grace_seconds": 3600}
        },
        "User": {
          "type": "object",
          "required": ["name", "shown", "replication", "password"],
          "properties": {
            "name": {"type": "string"},
            "shown": {"type": "boolean", "description": "whether this is the account shown with the service"},
            "replication": {
              "type": "array",
              "items": {"type": "string", "enum": ["cdc"]},
              "description": "`cdc`: the user may read all changes of the server"
            },
            "password": {"type": ["string", "null"], "description": "only in the response that created the user"}
          },
          "example": {"name": "report", "shown": false, "replication": ["cdc"], "password": null}
        },
        "UserRequest": {
          "type": "object",
          "required": ["name"],
          "properties": {
            "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$"},
            "replication": {
              "type": ["array", "null"],
              "items": {"type": "string", "enum": ["cdc"]},
              "description": "`cdc`: the user may read all changes of the server; MariaDB, MySQL and PostgreSQL, which needs `wal_level: logical` in `config`"
            }
          },
          "additionalProperties": false,
          "example": {"name": "report", "replication": ["cdc"]}
        }
        """#
}
