import Wire

/// Puts images and files of OpenAI's parts into Anthropic's blocks.
enum AnthropicFile {
    /// A data URL in base64 (RFC 2397).
    private struct DataURL {
        let mediaType: String
        let data: String

        init?(_ url: String) {
            guard let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")) else { return nil }
            let head = url[..<comma].lowercased()
            guard head.hasPrefix("data:"), head.hasSuffix(";base64") else { return nil }
            let type = String(head.dropFirst("data:".count).prefix { $0 != ";" })
            // A common name of a type that is not registered, which Anthropic refuses.
            mediaType = equals(type, "image/jpg") ? "image/jpeg" : type
            data = String(url[url.index(after: comma)...])
        }

        var source: JSON {
            .having([
                "type": .string("base64"), "media_type": .string(mediaType),
                "data": .string(data),
            ])
        }
    }

    /// An image by its address, or by its bytes.
    static func image(_ part: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        let value = part["image_url"]?["url"] ?? part["image_url"]
        guard let url = value?.stringValue else {
            throw .missing(name: "\(path).image_url.url", expected: "a string")
        }
        return marked(
            .having(["type": .string("image"), "source": try source(url, "\(path).image_url.url")]),
            as: part
        )
    }

    /// A file that comes with the message: a PDF or an image.
    static func document(_ part: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        let file = part["file"] ?? .null
        let path = "\(path).file"
        if file.given("file_id") != nil, file.given("file_data") == nil {
            // The id is of OpenAI's store, which Anthropic can't read.
            throw .unsupported(
                name: "\(path).file_id",
                what: "a file by its id",
                by: AnthropicMessages.name
            )
        }
        guard let data = file["file_data"]?.stringValue else {
            throw .missing(name: "\(path).file_data", expected: "a string")
        }
        // Some clients send the bytes without the URL around them.
        let isURL = data.prefix(8).contains(":")
        let url = isURL ? data : "data:application/pdf;base64,\(data)"
        let type = DataURL(url)?.mediaType
        if let type, type.hasPrefix("image/") {
            return marked(
                .having(["type": .string("image"), "source": try source(url, path)]),
                as: part
            )
        }
        guard type == nil || type == "application/pdf" else {
            throw .unsupported(
                name: "\(path).file_data",
                what: "a file of type \(JSON.found(type ?? ""))",
                by: AnthropicMessages.name
            )
        }
        var block = JSON.having([
            "type": .string("document"), "source": try source(url, "\(path).file_data"),
        ])
        if let name = file["filename"]?.stringValue, !AnthropicTurn.isBlank(name) {
            block = block.setting("title", to: .string(name))
        }
        return marked(block, as: part)
    }

    private static func source(_ url: String, _ name: String) throws(ChatRequestError) -> JSON {
        if let data = DataURL(url) { return data.source }
        guard !url.prefix(5).lowercased().hasPrefix("data:") else {
            throw .field(
                name: name,
                expected: "an address, or a data URL in base64",
                found: "another data URL"
            )
        }
        return .having(["type": .string("url"), "url": .string(url)])
    }

    private static func marked(_ block: JSON, as part: JSON) -> JSON {
        guard let mark = part.given("cache_control") else { return block }
        return block.setting("cache_control", to: mark)
    }
}
