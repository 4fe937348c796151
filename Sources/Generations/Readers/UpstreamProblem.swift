import ChatFormats
package import HTTPServer
import Wire

extension UpstreamFailure {
    /// The answer to a client that has not been sent a status yet.
    ///
    /// The relay has made its own retries: a client's library must not multiply them with its own.
    package var problem: Problem {
        var fields: HeaderFields = ["x-should-retry": "false"]
        fields.append(self.fields)
        var problem = Problem(status, type: type, message: message, code: code, fields: fields)
        problem.param = detail.param
        problem.isCodeNumber = detail.isCodeNumber
        problem.more = detail.members
        return problem
    }
}
