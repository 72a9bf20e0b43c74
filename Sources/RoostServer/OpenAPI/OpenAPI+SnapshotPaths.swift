extension OpenAPI {
    /// Members of `paths`: snapshots.
    static let snapshotPaths = #"""
        "/v1/applications/{application}/services/{service}/snapshots": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "get": {
            "operationId": "listServiceSnapshots",
            "tags": ["snapshots"],
            "summary": "List the snapshots of a service, also of a destroyed one",
            "responses": {
              "200": {
                "description": "the snapshots",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Snapshot"}}
                      }
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "takeSnapshot",
            "tags": ["snapshots"],
            "summary": "Take a snapshot of a running service",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SnapshotRequest"}}}
            },
            "responses": {
              "200": {
                "description": "`wait=ready` was given; `result` is the snapshot's id",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/snapshots/{snapshot}": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"},
            {"$ref": "#/components/parameters/snapshot"}
          ],
          "delete": {
            "operationId": "removeSnapshot",
            "tags": ["snapshots"],
            "summary": "Remove a snapshot",
            "parameters": [{"$ref": "#/components/parameters/confirm"}, {"$ref": "#/components/parameters/dryRun"}],
            "responses": {
              "200": {
                "description": "what was removed, or would be removed with `dry_run`",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Snapshot"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/snapshots/{snapshot}/restore": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"},
            {"$ref": "#/components/parameters/snapshot"}
          ],
          "post": {
            "operationId": "restoreSnapshot",
            "tags": ["snapshots"],
            "summary": "Restore a snapshot, also of a destroyed service",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RestoreRequest"}}}
            },
            "responses": {
              "200": {
                "description": "done: nothing changes, `dry_run` was set, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/snapshots": {
          "get": {
            "operationId": "listSnapshots",
            "tags": ["snapshots"],
            "summary": "List all snapshots",
            "responses": {
              "200": {
                "description": "the items that the token may see",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Snapshot"}}
                      }
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
