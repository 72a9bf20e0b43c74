// Comparisons of the members of a service.
extension OpenAPI {
    /// Members of `paths`.
    static let comparisonPaths = #"""
        "/v1/applications/{application}/services/{service}/replication/verify": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "verifyReplication",
            "tags": ["services"],
            "summary": "Compare the tables of every replica with the primary's",
            "description": "The operation is done, not failed, if members differ: its `comparison` tells.",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "responses": {
              "200": {
                "description": "the members were compared (`wait=ready` was given)",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#

    /// Members of `components.schemas`.
    static let comparisonSchemas = #"""
        "MembersComparison": {
          "type": "object",
          "required": ["primary", "members", "left_out"],
          "properties": {
            "primary": {"type": "string", "description": "the instance that the others were compared with"},
            "members": {"type": "array", "items": {"$ref": "#/components/schemas/ComparedMember"}},
            "left_out": {
              "type": "array",
              "items": {"$ref": "#/components/schemas/ComparedTable"},
              "description": "at most 100 tables that are compared on no member"
            }
          },
          "example": {
            "primary": "data.0",
            "members": [
              {"name": "data.1", "equal": 17, "differing": 0, "uncompared": 0, "tables": [], "reason": null}
            ],
            "left_out": []
          }
        },
        "ComparedMember": {
          "type": "object",
          "required": ["name", "equal", "differing", "uncompared", "tables", "reason"],
          "properties": {
            "name": {"type": "string"},
            "equal": {"type": "integer", "minimum": 0, "description": "number of tables that are equal to the primary's"},
            "differing": {"type": "integer", "minimum": 0},
            "uncompared": {"type": "integer", "minimum": 0, "description": "number of tables that could not be compared"},
            "tables": {
              "type": "array",
              "items": {"$ref": "#/components/schemas/ComparedTable"},
              "description": "at most 100 tables that are not known to be equal"
            },
            "reason": {"type": ["string", "null"], "description": "why the member was not compared, or not to the end"}
          },
          "example": {
            "name": "data.1",
            "equal": 16,
            "differing": 1,
            "uncompared": 0,
            "tables": [
              {"name": "shop.orders", "state": "differs", "reason": "rows with id above 20000 and up to 40000 differ"}
            ],
            "reason": null
          }
        },
        "ComparedTable": {
          "type": "object",
          "required": ["name", "state", "reason"],
          "properties": {
            "name": {"type": "string"},
            "state": {"enum": ["differs", "not_compared", "left_out"]},
            "reason": {"type": "string"}
          },
          "example": {"name": "shop.orders", "state": "differs", "reason": "its rows differ"}
        }
        """#
}
