import Wire

/// Finds the error in an object that is no part of an answer, in the shapes that servers send with
/// status 200.
enum ErrorObject {
    /// Reads an object or an array.
    ///
    /// - Returns: nil where it says of no error; it may be a sign of life, or something new.
    static func failure(in data: Span<UInt8>) -> StreamError? {
        // What is no JSON by the strict rules of a tree is no error that can be read.
        guard let json = try? JSON.parse(data) else { return nil }
        guard let elements = json.arrayValue else { return failure(in: json) }
        // Gemini wraps its errors in an array.
        return elements.first.flatMap(failure(in:))
    }

    /// MiniMax says in each answer's last chunk whether it failed.
    static func failure(inBaseResponse response: JSON) -> StreamError? {
        guard let code = response["status_code"]?.intValue, code != 0 else { return nil }
        return StreamError(VendorError(members: plain(response)))
    }

    private static func failure(in object: JSON) -> StreamError? {
        guard object.members != nil else { return nil }
        if object["error"].flatMap(VendorError.init(error:)) != nil {
            return StreamError(VendorError(object))
        }
        if let failure = object["base_resp"].flatMap(failure(inBaseResponse:)) { return failure }
        if let error = object["errors"]?.arrayValue?.first.flatMap(VendorError.init(error:)) {
            return StreamError(error)
        }
        // FastAPI.
        if let detail = object["detail"], VendorError(error: detail) != nil {
            return StreamError(VendorError(members: object))
        }
        return isError(object) ? StreamError(VendorError(members: plain(object))) : nil
    }

    /// Whether an object says by its code, its type or otherwise that something failed.
    private static func isError(_ object: JSON) -> Bool {
        if isWord(object["object"], "error") || isWord(object["type"], "error") { return true }
        guard first(messageNames, of: object) != nil else { return false }
        if object["success"] == .bool(false) { return true }
        for word in ["error", "fail", "failed"] where isWord(object["status"], word) { return true }
        guard let code = first(codeNames, of: object) else { return false }
        switch code {
        case .number(let text): return !["0", "200"].contains(text)
        case .string(let text):
            return !["", "0", "200", "ok", "success"].contains(text.lowercased())
        default: return false
        }
    }

    private static let messageNames = [
        "message", "msg", "error_msg", "error_message", "errorMessage", "err_msg", "status_msg",
    ]
    private static let codeNames = ["code", "error_code", "err_code", "status_code", "statusCode"]

    /// The same object with the members' names that `VendorError` reads.
    private static func plain(_ object: JSON) -> JSON {
        var members: [JSON.Member] = []
        for (name, names) in [("message", messageNames), ("code", codeNames), ("type", ["type"])] {
            if let value = first(names, of: object) {
                members.append(JSON.Member(key: name, value: value))
            }
        }
        return .object(members)
    }

    private static func first(_ names: [String], of object: JSON) -> JSON? {
        for name in names {
            if let value = object[name], value != .null { return value }
        }
        return nil
    }

    private static func isWord(_ value: JSON?, _ word: String) -> Bool {
        value?.stringValue.map { equals($0.lowercased(), word) } ?? false
    }
}
