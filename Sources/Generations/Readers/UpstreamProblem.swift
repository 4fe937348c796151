import ChatFormats
package import HTTPServer
import Wire

extension UpstreamFailure {
    /// The answer to a client that has not been sent a status yet.
    ///
    /// The relay has made its own retries: a client's library must not multiply them with its own.
    /// Where nobody was asked, it may ask again later.
    package var problem: Problem {
        var fields: HeaderFields = ["x-should-retry": isOfQueue ? "true" : "false"]
        fields.append(self.fields)
        var problem = Problem(status, type: type, message: message, code: code, fields: fields)
        problem.param = detail.param
        problem.isCodeNumber = detail.isCodeNumber
        problem.more = detail.members
        return problem
    }
}

extension Problem {
    /// An answer that only the journal has, which cannot be read.
    static let answerNotReadable = Problem(
        .serviceUnavailable,
        type: "storage_error",
        message: "the answer is too long to be in memory, and the disk cannot be read",
        code: "journal_not_readable"
    )
}
