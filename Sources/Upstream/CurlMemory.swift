import CCurl
import Glibc

/// The memory for libcurl: one compact slot for each running transfer.
///
/// A fast answer is cheapest to read in pieces of 16 KiB, and a slow one needs a few hundred bytes
/// of that. So most of each receive buffer is in pages that stay untouched, and hence cost nothing,
/// as long as no long piece is read. The space before the buffer is not wasted: it holds the handle
/// and the connection that each transfer also needs. Everything else comes from `malloc`.
///
/// Slots are kept for the next transfers: after a peak their first 8 KiB stay resident.
enum CurlMemory {
    /// A slot's size; its first two pages hold handle, connection and 1,280 bytes of buffer.
    static let slotBytes = 24 << 10
    /// How much a running transfer touches unless it reads more than those 1,280 bytes at once.
    static let touchedBytes = 8 << 10
    /// How many slots there are; a transfer beyond them gets its memory from `malloc`.
    static let slotCount = 32 << 10
    /// How many slots keep all pages that were touched: 1 MiB, so that a few clients with fast
    /// answers do not ask the kernel for the same pages again and again.
    private static let warmSlots = 64
    /// How many slots are made accessible at once.
    private static let step = 64

    /// The first byte of all slots, and the one after the last; both 0 without slots.
    ///
    /// Unsafe as a global variable: they are written once, in `install`, before libcurl can call.
    nonisolated(unsafe) private static var first: UInt = 0
    nonisolated(unsafe) private static var end: UInt = 0

    /// Unsafe as a global variable: it is touched only within `locked`.
    ///
    /// Not `Guarded`: Swift would look up its generic type at run time whenever cells are used.
    nonisolated(unsafe) private static var cells = FreeCells()
    /// Unsafe as a global variable: a mutex is made to be shared, and this one is never freed.
    nonisolated(unsafe) private static let mutex = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        return mutex
    }()

    /// Hands the memory to libcurl, as its set-up of the whole process.
    static func install() -> CURLcode {
        // The slots are reserved even if libcurl does not use them: their tests run under the
        // address sanitizer as well, and addresses alone cost nothing.
        guard reserve(), isOfUse else { return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }
        return curl_global_init_mem(
            Int(CURL_GLOBAL_DEFAULT),
            { CurlMemory.allocate($0) },
            { CurlMemory.release($0) },
            { CurlMemory.resize($0, $1) },
            { text in text.flatMap { strdup($0) } },
            { CurlMemory.allocateZeroed($0, $1) }
        )
    }

    /// Whether libcurl should use the slots.
    ///
    /// It should not from 8.7 on, where one buffer serves all transfers of a loop, nor under the
    /// address sanitizer, which sees mistakes only in `malloc`'s memory.
    private static var isOfUse: Bool {
        guard let version = curl_version_info(CURLVERSION_FIRST) else { return false }
        return version.pointee.version_num < 0x08_07_00 && dlsym(nil, "__asan_init") == nil
    }

    /// Reserves addresses, but no memory.
    ///
    /// Slots are laid out for pages of 4 KiB: to give back a tail that begins within a larger page
    /// would take the next slots' memory with it.
    private static func reserve() -> Bool {
        guard sysconf(Int32(_SC_PAGESIZE)) == 4096 else { return false }
        let bytes = slotBytes * slotCount
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = mmap(nil, bytes, PROT_NONE, flags, -1, 0), start != MAP_FAILED else {
            return false
        }
        // A huge page would take memory for the pages that should stay untouched.
        madvise(start, bytes, MADV_NOHUGEPAGE)
        first = UInt(bitPattern: start)
        end = first + UInt(bytes)
        return true
    }

    private static func kind(of address: UnsafeMutableRawPointer) -> CellKind? {
        let address = UInt(bitPattern: address)
        guard address >= first, address < end else { return nil }
        return CellKind(offset: Int(address - first) % slotBytes)
    }

    // MARK: What libcurl calls

    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        // Other requests of about this size are prompts, which should not take a slot.
        guard CellKind(holding: bytes) == .buffer, let cell = take(.buffer) else {
            return malloc(bytes)
        }
        return cell
    }

    static func allocateZeroed(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
        let (bytes, overflows) = count.multipliedReportingOverflow(by: size)
        guard !overflows else { return nil }
        guard let kind = CellKind(holding: bytes), kind != .buffer, let cell = take(kind) else {
            return calloc(1, bytes)
        }
        memset(cell, 0, bytes)
        return cell
    }

    static func resize(_ old: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
        guard let old, let kind = kind(of: old) else { return realloc(old, bytes) }
        guard bytes > kind.bytes else { return old }
        guard let new = malloc(bytes) else { return nil }
        memcpy(new, old, kind.bytes)
        release(old)
        return new
    }

    static func release(_ address: UnsafeMutableRawPointer?) {
        guard let address, let kind = kind(of: address) else { return free(address) }
        if kind == .buffer {
            giveBackTail(address - kind.offset)
        }
        locked { $0.push(UInt(bitPattern: address), kind) }
    }

    /// Gives back the pages that a fast answer has touched; the slot's next answer may be slow.
    ///
    /// To look costs nothing: untouched pages all read as the kernel's one page of zeros.
    private static func giveBackTail(_ slot: UnsafeMutableRawPointer) {
        let tail = slot + touchedBytes
        guard UInt(bitPattern: slot) >= first + UInt(warmSlots * slotBytes),
            tail.load(as: UInt64.self) != 0
        else { return }
        madvise(tail, slotBytes - touchedBytes, MADV_DONTNEED)
    }

    private static func take(_ kind: CellKind) -> UnsafeMutableRawPointer? {
        guard first != 0 else { return nil }
        let address = locked { cells -> UInt in
            if cells.isEmpty(kind), !open(&cells) { return 0 }
            return cells.pop(kind)
        }
        return UnsafeMutableRawPointer(bitPattern: address)
    }

    @inline(__always)
    private static func locked<Result>(_ body: (inout FreeCells) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&cells)
    }

    /// Opens the next slot.
    private static func open(_ cells: inout FreeCells) -> Bool {
        guard cells.slots < slotCount,
            let slot = UnsafeMutableRawPointer(bitPattern: first + UInt(cells.slots * slotBytes))
        else { return false }
        if cells.slots % step == 0, mprotect(slot, step * slotBytes, PROT_READ | PROT_WRITE) != 0 {
            return false
        }
        cells.slots += 1
        for kind in CellKind.allCases {
            cells.push(UInt(bitPattern: slot + kind.offset), kind)
        }
        return true
    }
}

/// The cells of a slot, by the sizes that libcurl 7.88 asks for.
enum CellKind: Int, CaseIterable {
    /// `struct Curl_easy`: 5,360 bytes.
    case handle
    /// `struct connectdata`: 1,496 bytes.
    case connection
    /// `CURLOPT_BUFFERSIZE` and a zero.
    case buffer

    init?(holding bytes: Int) {
        switch bytes {
        case 16_385: self = .buffer
        case 4097...5376: self = .handle
        case 1281...1536: self = .connection
        default: return nil
        }
    }

    init?(offset: Int) {
        guard let kind = Self.allCases.first(where: { $0.offset == offset }) else { return nil }
        self = kind
    }

    var bytes: Int {
        switch self {
        case .handle: 5376
        case .connection: 1536
        case .buffer: 16_400
        }
    }

    /// Where in its slot the cell begins: a multiple of 16, as `malloc` promises.
    var offset: Int {
        switch self {
        case .handle: 0
        case .connection: 5376
        case .buffer: 6912
        }
    }
}

/// The cells that are not in use; each holds the address of the next of its kind.
private struct FreeCells {
    /// How many slots have been opened.
    var slots = 0
    private var heads: [3 of UInt] = [0, 0, 0]

    func isEmpty(_ kind: CellKind) -> Bool { heads[kind.rawValue] == 0 }

    mutating func push(_ cell: UInt, _ kind: CellKind) {
        UnsafeMutablePointer<UInt>(bitPattern: cell)?.pointee = heads[kind.rawValue]
        heads[kind.rawValue] = cell
    }

    mutating func pop(_ kind: CellKind) -> UInt {
        let cell = heads[kind.rawValue]
        if let next = UnsafePointer<UInt>(bitPattern: cell) { heads[kind.rawValue] = next.pointee }
        return cell
    }
}
