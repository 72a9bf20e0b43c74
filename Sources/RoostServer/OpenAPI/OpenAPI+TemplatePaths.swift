extension OpenAPI {
    /// Members of `paths`: templates, storage and the pool.
    static let templatePaths = #"""
        "/v1/dumps": {
          "post": {
            "operationId": "sendDump",
            "tags": ["templates"],
            "summary": "Send a dump, for a template to be made of",
            "description": "Kept in the daemon's home for as long as a template is made of it, else for a day. The answer's path is what a template names as its dump.",
            "requestBody": {
              "required": true,
              "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            },
            "responses": {
              "201": {
                "description": "it is kept",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReceivedDump"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/templates": {
          "get": {
            "operationId": "listTemplates",
            "tags": ["templates"],
            "summary": "All templates",
            "responses": {
              "200": {
                "description": "the templates",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Template"}}
                      }
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/templates/{template}": {
          "parameters": [{"$ref": "#/components/parameters/template"}],
          "get": {
            "operationId": "showTemplate",
            "tags": ["templates"],
            "summary": "One template",
            "responses": {
              "200": {
                "description": "the template",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Template"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "put": {
            "operationId": "addTemplate",
            "tags": ["templates"],
            "summary": "Make a template of a dump or a service, or change one",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateRequest"}}}
            },
            "responses": {
              "200": {
                "description": "it stands as it was asked for, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateAnswer"}}}
              },
              "202": {
                "description": "the work has begun",
                "headers": {
                  "Location": {"description": "where the operation is", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateAnswer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "delete": {
            "operationId": "removeTemplate",
            "tags": ["templates"],
            "summary": "Remove a template; its clones stay",
            "parameters": [{"$ref": "#/components/parameters/confirm"}, {"$ref": "#/components/parameters/dryRun"}],
            "responses": {
              "200": {
                "description": "what was removed, or would be",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Template"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/templates/{template}/refresh": {
          "parameters": [{"$ref": "#/components/parameters/template"}],
          "post": {
            "operationId": "refreshTemplate",
            "tags": ["templates"],
            "summary": "Build a template anew, beside the version that stands",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/storage": {
          "get": {
            "operationId": "showStorage",
            "tags": ["storage"],
            "summary": "Where databases and their images stand, and what they take",
            "responses": {
              "200": {
                "description": "the method, the pool and each directory",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Storage"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/storage/pool": {
          "post": {
            "operationId": "makePool",
            "tags": ["storage"],
            "summary": "Make the pool, in which images take milliseconds",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PoolRequest"}}}
            },
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/storage/pool/grow": {
          "post": {
            "operationId": "growPool",
            "tags": ["storage"],
            "summary": "Make the pool larger",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PoolRequest"}}}
            },
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/move": {
          "parameters": [{"$ref": "#/components/parameters/application"}, {"$ref": "#/components/parameters/service"}],
          "post": {
            "operationId": "moveService",
            "tags": ["storage"],
            "summary": "Bring a service that is older than the pool into it",
            "parameters": [{"$ref": "#/components/parameters/confirm"}, {"$ref": "#/components/parameters/wait"}],
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
