extension OpenAPI {
    /// Members of `paths`: templates, storage and the pool.
    static let templatePaths = #"""
        "/v1/dumps": {
          "post": {
            "operationId": "sendDump",
            "tags": ["templates"],
            "summary": "Upload a dump for a template",
            "description": "The dump is kept in the daemon's home folder while a template uses it, otherwise for one day. Use the returned path as the dump of a template.",
            "requestBody": {
              "required": true,
              "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            },
            "responses": {
              "201": {
                "description": "stored",
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
            "summary": "List templates",
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
            "summary": "Show a template",
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
            "summary": "Create a template from a dump or a service, or change its settings",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the template is as requested, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateAnswer"}}}
              },
              "202": {
                "description": "the operation has started",
                "headers": {
                  "Location": {"description": "URL of the operation", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TemplateAnswer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "delete": {
            "operationId": "removeTemplate",
            "tags": ["templates"],
            "summary": "Remove a template; its clones are kept",
            "parameters": [{"$ref": "#/components/parameters/confirm"}, {"$ref": "#/components/parameters/dryRun"}],
            "responses": {
              "200": {
                "description": "what was removed, or would be removed with `dry_run`",
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
            "summary": "Rebuild a template; its current version stays in use until then",
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
            "summary": "Show where databases and their images are stored, and the space they use",
            "responses": {
              "200": {
                "description": "the copy method, the pool and each directory",
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
            "summary": "Create the storage pool, in which images take milliseconds",
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
            "summary": "Grow the pool",
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
            "summary": "Move a service that is older than the pool into it",
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
