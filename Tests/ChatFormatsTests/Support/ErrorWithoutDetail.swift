import ChatFormats

extension StreamError {
    /// The error without what the vendor says beside its type, message and code.
    var withoutDetail: StreamError {
        guard case .vendor(let type, let message, let code, let overloaded, _) = self else {
            return self
        }
        return .vendor(type: type, message: message, code: code, overloaded: overloaded)
    }
}
