// Changes of the primary that users ask for, and what a planned one would do.
extension OpenAPI {
    /// Members of `components.schemas`.
    static let promotionSchemas = #"""
        "PromoteRequest": {
          "type": "object",
          "properties": {
            "instance": {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647, "description": "null: the replica with the highest priority, then the lowest number, that can take over"},
            "drain_seconds": {
              "type": ["number", "null"],
              "minimum": 0,
              "maximum": 60,
              "description": "time for open transactions to end before connections are closed; null: none"
            },
            "dry_run": {"type": ["boolean", "null"], "description": "change nothing; `promotion` of the answer tells what would happen"}
          },
          "additionalProperties": false,
          "example": {"instance": 1}
        },
        "FailoverRequest": {
          "type": "object",
          "properties": {
            "instance": {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647, "description": "null: the replica with the most data"},
            "accept_data_loss": {"type": ["boolean", "null"], "description": "whether acknowledged writes may be lost; without it, the call is refused or the primary is started again unless none is"},
            "dry_run": {"type": ["boolean", "null"], "description": "check the request alone"}
          },
          "additionalProperties": false,
          "example": {"accept_data_loss": true}
        },
        "Promotion": {
          "type": "object",
          "required": ["from", "to", "position", "drain_seconds", "candidates", "blockers"],
          "properties": {
            "from": {"type": "string", "description": "the present primary"},
            "to": {"type": ["string", "null"], "description": "the replica that would take over; null if there is none"},
            "position": {
              "type": ["string", "null"],
              "description": "what the primary has written, in its engine's notation; null if it did not tell"
            },
            "drain_seconds": {"type": "number", "description": "time that open transactions would have to end"},
            "candidates": {"type": "array", "items": {"$ref": "#/components/schemas/PromotionCandidate"}},
            "blockers": {
              "type": "array",
              "items": {"type": "string"},
              "description": "why nothing would change now; empty if the replica would take over"
            }
          },
          "example": {
            "from": "data.0", "to": "data.1", "position": "0-1-42", "drain_seconds": 5,
            "candidates": [{"instance": "data.1", "position": "0-1-42", "lag_seconds": 0, "blockers": []}],
            "blockers": []
          }
        },
        "PromotionCandidate": {
          "type": "object",
          "required": ["instance", "position", "lag_seconds", "blockers"],
          "properties": {
            "instance": {"type": "string"},
            "position": {"type": ["string", "null"], "description": "what it has received; null if it did not tell"},
            "lag_seconds": {"type": ["number", "null"], "description": "how far it is behind; null if that is unknown"},
            "blockers": {
              "type": "array",
              "items": {"type": "string"},
              "description": "why it cannot take over now; empty if it can"
            }
          },
          "example": {
            "instance": "data.2", "position": "0-1-40", "lag_seconds": 42, "blockers": ["is 42 s behind the primary"]
          }
        }
        """#
}
