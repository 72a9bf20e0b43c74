extension OpenAPI {
    /// Members of `paths`: operations, events, the machine and access to it.
    static let machinePaths = #"""
        "/v1/operations": {
          "get": {
            "operationId": "listOperations",
            "tags": ["operations"],
            "summary": "The operations that run, oldest first",
            "parameters": [
              {
                "name": "application",
                "in": "query",
                "description": "only of this application",
                "schema": {"type": "string"}
              },
              {"name": "all", "in": "query", "description": "ended ones as well", "schema": {"type": "boolean"}}
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
            "summary": "End an operation before its time",
            "description": "Builds of templates, imports, engines that are being added, clones in the making and pushes that are still being prepared. A change that is stored is carried out: 409.",
            "responses": {
              "200": {
                "description": "the operation, which ends soon",
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
            "summary": "A piece of long work",
            "parameters": [
              {
                "name": "wait",
                "in": "query",
                "description": "answer once it has changed or ended, or after so many seconds (60 at most)",
                "schema": {"type": "integer", "minimum": 0}
              },
              {
                "name": "seen",
                "in": "query",
                "description": "how many steps the caller has seen: more of them are a change",
                "schema": {"type": "integer", "minimum": 0}
              }
            ],
            "responses": {
              "200": {
                "description": "the operation as it stands",
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
            "summary": "Events: the stream of all to come, or the newest as a list",
            "parameters": [
              {
                "name": "after",
                "in": "query",
                "description": "go on behind this event; the header `Last-Event-ID` wins over it",
                "schema": {"type": "integer", "minimum": 0}
              },
              {
                "name": "application",
                "in": "query",
                "description": "only of this application",
                "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
              },
              {
                "name": "limit",
                "in": "query",
                "description": "answer the newest as a list",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000}
              }
            ],
            "responses": {
              "200": {
                "description": "with `limit` or `Accept: application/json` a list, the oldest first; else server-sent events, one JSON document a message, under the event's id",
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
            "summary": "Engines that can be started",
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
            "summary": "Adds a build of a server from a file or folder of the daemon's machine",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EngineRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the operation, ended",
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
            "summary": "Removes an added build that no service and no kept snapshot needs",
            "parameters": [
              {"$ref": "#/components/parameters/confirm"},
              {"$ref": "#/components/parameters/dryRun"}
            ],
            "responses": {
              "200": {
                "description": "what was removed, or would be",
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
            "summary": "The certificate of the home's authority, by which clients know exposed services",
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
            "summary": "Machines that run roostd",
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
            "summary": "What the machine has and lacks, and what mends it",
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
            "summary": "What each instance uses",
            "parameters": [
              {
                "name": "application",
                "in": "query",
                "description": "only of this application",
                "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,30}$"}
              }
            ],
            "responses": {
              "200": {
                "description": "a row an instance",
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
            "summary": "Tokens, without their text",
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
            "summary": "Make a token",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRequest"}}}
            },
            "responses": {
              "201": {
                "description": "the token, with its text for this one time",
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
            "summary": "Remove a token; what it opened ends",
            "responses": {
              "204": {"description": "it is gone"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/sign-in": {
          "post": {
            "operationId": "makeSignIn",
            "tags": ["access"],
            "summary": "Make a one-time address of the page",
            "responses": {
              "201": {
                "description": "the address, good for a minute",
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
            "summary": "This description",
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
            "summary": "Whether requests are served",
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
            "summary": "Figures for Prometheus",
            "responses": {
              "200": {
                "description": "the text form, version 0.0.4",
                "content": {"text/plain": {"schema": {"type": "string"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
