extension OpenAPI {
    /// Members of `paths`: pauses of services.
    static let pausePaths = #"""
        "/v1/applications/{application}/services/{service}/pause": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "pause",
            "tags": ["services"],
            "summary": "Pause a service: no automatic step for a time",
            "description": "Nothing is started, stopped, repaired, resynchronised or failed over. Clients reach the servers that run. Requests that need such steps are refused with 409; a service may still be destroyed. A pause that is in force is replaced. It ends by itself.",
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PauseRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the service, with `paused`",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Service"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/resume": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "resume",
            "tags": ["services"],
            "summary": "End the pause of a service",
            "description": "Idempotent. What the pause withheld is done next.",
            "responses": {
              "200": {
                "description": "the service, which is not paused",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Service"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#

    /// Members of `components.schemas`: pauses of services.
    static let pauseSchemas = #"""
        "PauseRequest": {
          "type": "object",
          "properties": {
            "seconds": {
              "type": ["number", "null"],
              "minimum": 1,
              "maximum": 604800,
              "description": "length of the pause; null: an hour"
            },
            "reason": {"type": ["string", "null"], "maxLength": 200, "description": "shown with the service"}
          },
          "additionalProperties": false,
          "example": {"seconds": 3600, "reason": "the disk is being replaced"}
        },
        "Pause": {
          "type": "object",
          "required": ["until", "reason"],
          "properties": {
            "until": {"type": "string", "format": "date-time", "description": "when the pause ends by itself"},
            "reason": {"type": ["string", "null"]}
          },
          "example": {"until": "2026-11-21T06:44:06.120Z", "reason": "the disk is being replaced"}
        }
        """#
}
