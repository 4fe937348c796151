import ChatFormats
import Upstream
import Wire

/// What leads from a failure to its cure: the URL that was asked, and the settings that name it.
extension RelayConfiguration.Upstream {
    /// The URL that is asked, as it may be shown.
    var shownURL: String { Redaction.clean(address: baseURL + askedPath) }

    private var askedPath: String { path ?? provider.path }

    /// What is said about a status that the settings may have caused.
    ///
    /// - Parameters:
    ///   - status: the upstream's.
    ///   - location: where a redirect leads.
    ///   - vendor: what it says itself.
    /// - Returns: the end of a sentence; empty where the settings are no cause.
    func advice(on status: Int, location: String?, _ vendor: VendorError) -> String {
        switch status {
        case 300...399: redirectAdvice(location)
        case 401: keyAdvice
        case 404, 405:
            // A model that is not there was looked for at the right place.
            vendor.mentionsModel ? "" : "; asked was POST \(shownURL)" + checkAddress
        default:
            vendor.isPage ? "; asked was POST \(shownURL)" : ""
        }
    }

    /// Names the variable that should hold a server's address.
    var checkAddress: String { addressVariable.map { ": check \($0)" } ?? "" }

    private var keyAdvice: String {
        guard let keyVariable else { return "" }
        return key == nil ? " (\(keyVariable) is not set)" : " (check \(keyVariable))"
    }

    private func redirectAdvice(_ location: String?) -> String {
        let asked = "; asked was POST \(shownURL)"
        guard let location, !location.isEmpty else { return asked + checkAddress }
        // What follows may be a ticket for whoever logs in.
        let place = location.prefix { $0 != "?" && $0 != "#" }
        let target = String(Redaction.clean(address: String(place)).prefix(Self.maxLocationLength))
        let advice = "\(asked), which redirects to \(target); the relay follows no redirect"
        guard let addressVariable else { return advice }
        guard target.contains("://"), target.hasSuffix(askedPath) else {
            return "\(advice): check \(addressVariable)"
        }
        return "\(advice): set \(addressVariable) to \(target.dropLast(askedPath.count))"
    }

    private static let maxLocationLength = 512

    /// What is said about a connection that was not made: what was asked, and through which proxy.
    func advice(on error: TransferError) -> String {
        var advice = "; asked was POST \(shownURL)"
        if !bypassesProxy, let proxy = ProxyEnvironment.proxy(for: baseURL) {
            let shown = Redaction.clean(address: proxy.url)
            advice += " through the proxy \(shown), which \(proxy.variable) names"
        }
        switch error {
        case .notConnected, .nameNotResolved, .insecure, .connectTimeout, .other:
            return advice + checkAddress
        case .broken, .headTooLarge: return advice
        }
    }
}

extension VendorError {
    /// Whether it is about a model, and not about the path.
    fileprivate var mentionsModel: Bool {
        !isPage && [type, code, message].contains { $0?.lowercased().contains("model") == true }
    }
}
