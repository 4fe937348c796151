import Access
import Wire

/// The fields that a browser gets with every file of the page.
enum PagePolicy {
    /// Only what the page itself brings may run, load or receive anything: whatever text a model
    /// writes, it stays text.
    static let fields: HeaderFields = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'; require-trusted-types-for 'script'",
        "Referrer-Policy": "no-referrer",
        // No other site may hold the page in a window of its own, or load a file of it (HTML
        // §7.1.3; Fetch, Cross-Origin-Resource-Policy).
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        // The page needs none of these, so nothing in it can ask for them.
        "Permissions-Policy":
            "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(),"
            + " serial=(), midi=(), clipboard-read=()",
    ]

    /// The fields that each page has in addition, so that it may ask by GET.
    static var pageFields: HeaderFields { Gate.pageFields }
}
