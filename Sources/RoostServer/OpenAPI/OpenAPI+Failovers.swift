extension OpenAPI {
    /// Members of `paths`: the history of failovers.
    static let failoverPaths = #"""
        "/v1/applications/{application}/services/{service}/failovers": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "get": {
            "operationId": "listFailovers",
            "tags": ["services"],
            "summary": "List the failovers and planned switchovers of a service",
            "description": "The newest 100 are kept for as long as the service exists.",
            "parameters": [
              {
                "name": "limit",
                "in": "query",
                "description": "return only the newest",
                "schema": {"type": "integer", "minimum": 1, "maximum": 100}
              }
            ],
            "responses": {
              "200": {
                "description": "newest first",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Failover"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#

    /// Members of `components.schemas`: the history of failovers.
    static let failoverSchemas = #"""
        "Failover": {
          "type": "object",
          "required": [
            "id", "cause", "from", "to", "began", "timeline", "candidates", "lost", "lost_at_most_seconds",
            "writes_out_milliseconds", "outcome", "reason"
          ],
          "properties": {
            "id": {"type": "integer", "description": "the epoch that it began"},
            "cause": {
              "enum": [
                "primary_ended", "primary_hung", "data_lost", "elected", "requested", "restart", "forced", "interrupted"
              ],
              "description": "`interrupted`: an earlier roostd began the change of the primary"
            },
            "from": {"type": "string", "description": "the primary before"},
            "to": {"type": "string", "description": "the primary afterwards; the same as `from` if it stayed"},
            "began": {"type": "string", "format": "date-time"},
            "timeline": {
              "type": "array",
              "items": {"$ref": "#/components/schemas/FailoverStep"},
              "description": "in the order of time"
            },
            "candidates": {"type": "array", "items": {"$ref": "#/components/schemas/FailoverCandidate"}},
            "lost": {
              "enum": ["nothing", "bounded", "unknown"],
              "description": "`nothing`: it is proven that no acknowledged write was lost"
            },
            "lost_at_most_seconds": {
              "type": ["number", "null"],
              "description": "for `bounded`: only writes of so long before the primary's end may be lost"
            },
            "writes_out_milliseconds": {
              "type": ["integer", "null"],
              "description": "from the beginning until the endpoint was open again; null if roostd was restarted meanwhile"
            },
            "outcome": {
              "enum": ["under_way", "completed", "undone"],
              "description": "`under_way`: clients cannot write yet"
            },
            "reason": {"type": ["string", "null"], "description": "why the member leads, or why it was undone"}
          },
          "example": {
            "id": 2, "cause": "primary_ended", "from": "data.0", "to": "data.1", "began": "2026-11-21T06:44:06.120Z",
            "timeline": [{"step": "suspected", "milliseconds": 0}, {"step": "rerouted", "milliseconds": 84}],
            "candidates": [{"instance": "data.1", "position": "0-1-42", "standing": "equal", "reason": null}],
            "lost": "nothing", "lost_at_most_seconds": null, "writes_out_milliseconds": 84, "outcome": "completed",
            "reason": "the server of data.0 ended, and data.1 has all that it needs"
          }
        },
        "FailoverStep": {
          "type": "object",
          "required": ["step", "milliseconds"],
          "properties": {
            "step": {"enum": ["suspected", "confirmed", "fenced", "elected", "promoted", "rerouted"]},
            "milliseconds": {"type": "integer", "description": "since the beginning"}
          },
          "example": {"step": "fenced", "milliseconds": 12}
        },
        "FailoverCandidate": {
          "type": "object",
          "required": ["instance", "position", "standing", "reason"],
          "properties": {
            "instance": {"type": "string"},
            "position": {"type": ["string", "null"], "description": "what it had received; null if it did not tell"},
            "standing": {
              "enum": ["ahead", "equal", "behind", "diverged", "unreachable", "unknown"],
              "description": "its data compared with those of the member that leads"
            },
            "reason": {"type": ["string", "null"], "description": "why it was not chosen; null for the one that was"}
          },
          "example": {"instance": "data.2", "position": "0-1-41", "standing": "behind", "reason": "it lacks writes"}
        }
        """#
}
