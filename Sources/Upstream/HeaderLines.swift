import CCurl

/// Header lines in libcurl's own form, made once and shared by all requests of an upstream.
package final class HeaderLines {
    /// The list; libcurl only reads it while a transfer runs.
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    /// Prepares the lines.
    ///
    /// - Parameter fields: names and values; values hold no line breaks.
    package init(_ fields: [(name: String, value: String)]) {
        for field in fields { append("\(field.name): \(field.value)") }
        // libcurl asks for "100 Continue" before larger bodies, and then waits a second for servers
        // that never send it.
        append("Expect:")
    }

    deinit {
        curl_slist_free_all(list)
    }

    /// The lines as texts, for who plays an upstream.
    package var texts: [String] {
        var texts: [String] = []
        var next = list
        while let line = next?.pointee {
            if let data = line.data { texts.append(String(cString: data)) }
            next = line.next
        }
        return texts
    }

    private func append(_ line: String) {
        guard let longer = curl_slist_append(list, line) else { return }
        list = longer
    }
}
