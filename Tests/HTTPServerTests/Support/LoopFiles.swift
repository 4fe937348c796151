import HTTPServer
import Wire

/// The files of a test's server; made on its loop by the first request and used only there.
final class LoopFiles: @unchecked Sendable {
    private let path: String
    private var files: StaticFiles?

    init(_ path: String) {
        self.path = path
    }

    func respond(_ exchange: Exchange) {
        if files == nil {
            files = try? StaticFiles(
                path,
                fields: ["X-Of-Files": "yes"],
                pageFields: ["Set-Cookie": "a=b"]
            )
        }
        files?.respond(to: exchange)
    }
}
