/// The open transactions of several documents on a server. Pure.
///
/// The manual, "$currentOp (aggregation stage)": a transaction between two statements belongs to an idle session, and
/// `autocommit` is false for transactions alone, not for writes that can be retried.
enum MongoDBTransactions {
    static let question: BSONDocument = [
        "aggregate": 1,
        "pipeline": [
            ["$currentOp": ["allUsers": true, "idleSessions": true]],
            ["$match": ["transaction.parameters.autocommit": false]],
            ["$group": ["_id": .null, "oldest": ["$max": "$transaction.timeOpenMicros"]]],
        ],
        "cursor": [:],
    ]

    /// Age of the oldest one. Nil if none is open.
    static func oldest(in answer: BSONDocument) -> Duration? {
        let found = answer["cursor"]?.document?["firstBatch"]?.items?.first?.document
        return found?["oldest"]?.number.map { .microseconds(max(0, $0)) }
    }
}
