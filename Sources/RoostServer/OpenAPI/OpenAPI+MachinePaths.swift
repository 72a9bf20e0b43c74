extension OpenAPI {
    /// Members of `paths`: operations, events, the machine and access to it.
    static let machinePaths = #"""
        "/v1/operations": {
          "get": {
            "operationId": "listOperations",
            "tags": ["operations"],
            "summary": "List running operations, oldest first",
            "parameters": [
              {
                "name": "application",
                "in": "query",
                "description": "filter by application",
                "schema": {"type": "string"}
              },
              {"name": "all", "in": "query", "description": "include operations that have ended", "schema": {"type": "boolean"}}
            ],
            "responses": {
              "200": {
                "description": "the list",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Operation"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/operations/{operation}/cancel": {
          "parameters": [{"$ref": "#/components/parameters/operation"}],
          "post": {
            "operationId": "cancelOperation",
            "tags": ["operations"],
            "summary": "Cancel an operation",
            "description": "Applies to template builds, imports, engines being added, clones being created and pushes still being prepared. A change that is already stored cannot be cancelled: 409.",
            "responses": {
              "200": {
                "description": "the operation, which will end soon",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/operations/{operation}": {
          "parameters": [{"$ref": "#/components/parameters/operation"}],
          "get": {
            "operationId": "showOperation",
            "tags": ["operations"],
            "summary": "Show an operation",
            "parameters": [
              {
                "name": "wait",
                "in": "query",
                "description": "wait until the operation changes or ends, for at most this many seconds (60 at most)",
                "schema": {"type": "integer", "minimum": 0, "maximum": 2147483647}
              },
              {
                "name": "seen",
                "in": "query",
                "description": "number of steps that the caller has seen; more steps count as a change",
                "schema": {"type": "integer", "minimum": 0, "maximum": 2147483647}
              }
            ],
            "responses": {
              "200": {
                "description": "the current state of the operation",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/events": {
          "get": {
            "operationId": "events",
            "tags": ["events"],
            "summary": "Stream new events, or list the newest ones",
            "parameters": [
              {
                "name": "after",
                "in": "query",
                "description": "continue after this event; the header `Last-Event-ID` takes precedence",
                "schema": {"type": "integer", "minimum": 0, "maximum": 9223372036854775807}
              },
              {
                "name": "application",
                "in": "query",
                "description": "filter by application",
                "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
              },
              {
                "name": "limit",
                "in": "query",
                "description": "return the newest events as a list",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000}
              }
            ],
            "responses": {
              "200": {
                "description": "with `limit` or `Accept: application/json`, a list, oldest first; otherwise server-sent events, one JSON document per message, with the event's id",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}}
                    }
                  },
                  "text/event-stream": {"schema": {"type": "string"}}
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/engines": {
          "get": {
            "operationId": "listEngines",
            "tags": ["machine"],
            "summary": "List installed engines",
            "responses": {
              "200": {
                "description": "the engines",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Engine"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "addEngine",
            "tags": ["machine"],
            "summary": "Add an engine build from a file or folder on the daemon's machine",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EngineRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the finished operation",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/engines/{engine}": {
          "parameters": [{"$ref": "#/components/parameters/engine"}],
          "delete": {
            "operationId": "removeEngine",
            "tags": ["machine"],
            "summary": "Remove an added engine that no service and no kept snapshot needs",
            "parameters": [
              {"$ref": "#/components/parameters/confirm"},
              {"$ref": "#/components/parameters/dryRun"}
            ],
            "responses": {
              "200": {
                "description": "what was removed, or would be removed with `dry_run`",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Engine"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/ca": {
          "get": {
            "operationId": "showAuthority",
            "tags": ["access"],
            "summary": "Show the CA certificate that clients use to verify exposed services",
            "responses": {
              "200": {
                "description": "the certificate",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Authority"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/hosts": {
          "get": {
            "operationId": "listHosts",
            "tags": ["machine"],
            "summary": "List the machines that run roostd",
            "responses": {
              "200": {
                "description": "the machines",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Host"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/doctor": {
          "get": {
            "operationId": "examine",
            "tags": ["machine"],
            "summary": "Check the machine and suggest fixes",
            "responses": {
              "200": {
                "description": "the findings",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}}
                      }
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/usage": {
          "get": {
            "operationId": "usage",
            "tags": ["machine"],
            "summary": "Show the resource usage of each instance",
            "parameters": [
              {
                "name": "application",
                "in": "query",
                "description": "filter by application",
                "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
              }
            ],
            "responses": {
              "200": {
                "description": "one item per instance",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Usage"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/tokens": {
          "get": {
            "operationId": "listTokens",
            "tags": ["access"],
            "summary": "List tokens, without their secrets",
            "responses": {
              "200": {
                "description": "the tokens",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "addToken",
            "tags": ["access"],
            "summary": "Create a token",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRequest"}}}
            },
            "responses": {
              "201": {
                "description": "the token; its secret is shown only once",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/tokens/{token}": {
          "parameters": [{"$ref": "#/components/parameters/token"}],
          "delete": {
            "operationId": "removeToken",
            "tags": ["access"],
            "summary": "Remove a token and end its sessions",
            "responses": {
              "204": {"description": "removed"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/sign-in": {
          "post": {
            "operationId": "makeSignIn",
            "tags": ["access"],
            "summary": "Create a one-time sign-in URL for the page",
            "responses": {
              "201": {
                "description": "the URL, valid for one minute",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SignIn"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/openapi.json": {
          "get": {
            "operationId": "openAPI",
            "tags": ["machine"],
            "summary": "Show this API description",
            "responses": {
              "200": {
                "description": "OpenAPI 3.1",
                "content": {"application/json": {"schema": {"type": "object"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/healthz": {
          "get": {
            "operationId": "health",
            "tags": ["machine"],
            "summary": "Check whether requests are served",
            "security": [],
            "responses": {
              "200": {"description": "`ok`", "content": {"text/plain": {"schema": {"type": "string"}}}},
              "503": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/metrics": {
          "get": {
            "operationId": "metrics",
            "tags": ["machine"],
            "summary": "Show metrics for Prometheus",
            "responses": {
              "200": {
                "description": "Prometheus text format, version 0.0.4",
                "content": {"text/plain": {"schema": {"type": "string"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
