import Access
import Wire

/// What the browser is told about every file of the page.
enum PagePolicy {
    /// Nothing runs, loads or is sent anywhere but what the page itself brings: whatever text a
    /// model writes, it stays text.
    static let fields: HeaderFields = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'; require-trusted-types-for 'script'",
        "Referrer-Policy": "no-referrer",
    ]

    /// The fields that each page has beside these, so that it may ask by GET.
    static var pageFields: HeaderFields { Gate.pageFields }
}
