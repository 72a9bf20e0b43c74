extension OpenAPI {
    /// Members of `paths`: webhooks that get events.
    static let notifyPaths = #"""
        "/v1/applications/{application}/notify": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "get": {
            "operationId": "listWebhooks",
            "tags": ["events"],
            "summary": "List the addresses that get events of the application's services, and how their deliveries went",
            "responses": {
              "200": {
                "description": "by service, in the order of the build file",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/notify/test": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "post": {
            "operationId": "testWebhooks",
            "tags": ["events"],
            "summary": "Send a test event to the addresses that get events of the application's services",
            "description": "The test is sent at once, past the events that wait, and is not repeated. Each address has 10 s for its answer; up to 16 are asked at the same time.",
            "parameters": [
              {
                "name": "service",
                "in": "query",
                "description": "only the addresses of this service",
                "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,15}$"}
              }
            ],
            "responses": {
              "200": {
                "description": "what each receiver answered",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookTest"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/notify/secret": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "get": {
            "operationId": "showNotifySecret",
            "tags": ["events"],
            "summary": "Show the secret that signs the application's events",
            "description": "The header `Roost-Signature: t=SECONDS,v1=CODE` has the HMAC-SHA256 of `SECONDS.BODY` with this secret, in hexadecimal digits. The secret is made at the first request.",
            "responses": {
              "200": {
                "description": "the secret",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NotifySecret"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/notify": {
          "get": {
            "operationId": "listDaemonWebhooks",
            "tags": ["events"],
            "summary": "List the addresses that get the events of all applications and of the machine, and how their deliveries went",
            "responses": {
              "200": {
                "description": "in the order in which they are set",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/notify/test": {
          "post": {
            "operationId": "testDaemonWebhooks",
            "tags": ["events"],
            "summary": "Send a test event to the addresses that get the events of all applications and of the machine",
            "description": "The test is sent at once, past the events that wait, and is not repeated. Each address has 10 s for its answer; up to 16 are asked at the same time.",
            "responses": {
              "200": {
                "description": "what each receiver answered",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookTest"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/notify/secret": {
          "get": {
            "operationId": "showDaemonNotifySecret",
            "tags": ["events"],
            "summary": "Show the secret that signs the events of all applications and of the machine",
            "description": "The header `Roost-Signature: t=SECONDS,v1=CODE` has the HMAC-SHA256 of `SECONDS.BODY` with this secret, in hexadecimal digits. The secret is made at the first request.",
            "responses": {
              "200": {
                "description": "the secret",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NotifySecret"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#

    /// Members of `components.schemas`: webhooks that get events.
    static let notifySchemas = #"""
        "Webhook": {
          "type": "object",
          "required": ["service", "url", "last_success", "last_error", "last_error_at", "waiting", "dropped"],
          "properties": {
            "service": {
              "type": ["string", "null"],
              "description": "the service whose events it gets; null for an address of roostd"
            },
            "url": {"type": "string"},
            "last_success": {"type": ["string", "null"], "format": "date-time"},
            "last_error": {"type": ["string", "null"], "description": "why the last failed attempt failed"},
            "last_error_at": {"type": ["string", "null"], "format": "date-time"},
            "waiting": {"type": "integer", "description": "events that wait to be delivered"},
            "dropped": {
              "type": "integer",
              "description": "events that were given up: more than 1000 waited, or a day had passed"
            }
          },
          "example": {
            "service": "data", "url": "https://ops.example.com/hook", "last_success": "2026-11-21T06:44:06.120Z",
            "last_error": "the receiver answered 503, which is not a 2xx status",
            "last_error_at": "2026-11-21T06:44:03.020Z", "waiting": 0, "dropped": 0
          }
        },
        "WebhookTest": {
          "type": "object",
          "required": ["service", "url", "accepted", "status", "answer"],
          "properties": {
            "service": {
              "type": ["string", "null"],
              "description": "the service that the address belongs to; null for an address of roostd"
            },
            "url": {"type": "string"},
            "accepted": {"type": "boolean", "description": "whether the status is 2xx"},
            "status": {"type": ["integer", "null"], "description": "HTTP status of the answer; null if there was none"},
            "answer": {"type": "string", "description": "a sentence for people"}
          },
          "example": {
            "service": "data", "url": "https://ops.example.com/hook", "accepted": true, "status": 204,
            "answer": "the receiver answered 204"
          }
        },
        "NotifySecret": {
          "type": "object",
          "required": ["secret"],
          "properties": {"secret": {"type": "string"}},
          "example": {"secret": "h0Xk3vQn7cLw9TzRb2MdYp4S"}
        }
        """#
}
