import Glibc
import Storage

/// A machine's disk and the kernel's cache of it, which outlive the processes.
///
/// What was written is read again at once, by any process. It is safe from a loss of power only
/// once it was synchronised: a file's content with the file, a name with its folder.
final class SimulatedDisk {
    /// More than any world fills.
    private static let capacity = 1 << 40

    /// What it does wrong at present.
    var faults: [DiskFault] = []
    /// Asked before each call that changes something, with the process that calls.
    ///
    /// The other argument says what the call is about.
    var onCall: ((ProcessDisk, () -> String) -> CallFate)?
    /// Called when content is lost that processes have written, without the power being lost; with
    /// the last name of the file's path.
    var onLoss: ((String) -> Void)?
    /// Called when it has not done what it was asked to, or not all of it.
    var onFailure: (() -> Void)?
    /// How many calls have changed something, or tried to.
    private(set) var calls = 0
    /// The bytes of all files that have a name or are open.
    private(set) var used = 0
    /// What becomes of the cache when it cannot be made safe.
    let habit: FailedSyncHabit
    let story: Story
    let chance: Chance
    let tree = FolderTree()
    /// Those that have not ended; not kept, since each keeps the disk.
    private var processes: [Attached] = []

    private struct Attached {
        weak var process: ProcessDisk?
    }

    /// Makes an empty disk.
    ///
    /// - Parameters:
    ///   - chance: decides what is lost with the power, and the like.
    ///   - story: is told each call that changes something.
    ///   - folders: paths of folders that are there from the beginning, each after its parent.
    ///   - habit: what becomes of what it could not make safe; otherwise chance decides.
    init(
        chance: Chance,
        story: Story = Story(isKept: false),
        folders: [String] = ["/data"],
        habit: FailedSyncHabit? = nil
    ) {
        self.chance = chance
        self.story = story
        self.habit = habit ?? chance.pick([.keepsPages, .keepsPages, .readsOld, .cutsOff])
        for path in folders {
            guard let place = try? tree.find(path, "mkdir"), let name = place.name else { continue }
            tree.makeFolder(FolderEntry(folder: place.folder, name: name), 0o700)
        }
        tree.makeSafe { _ in true }
    }

    /// Begins a process.
    func attach() -> ProcessDisk {
        let process = ProcessDisk(self)
        processes.append(Attached(process: process))
        return process
    }

    /// A process has ended.
    func detach(_ process: ProcessDisk) { processes.removeAll { $0.process === process } }

    /// Ends all processes, and loses what was not safe, or any part of it.
    func losePower() {
        for attached in processes { attached.process?.end() }
        tree.losePower(chance)
        used = 0
        tree.forEach { inode in
            guard let file = inode as? SimulatedFile else { return }
            file.losePower(chance)
            used += file.cached.size
        }
        story.tell("disk lost power, \(used) bytes left")
    }

    /// Makes some of it safe, as the kernel does now and then of its own accord.
    func writeBack() {
        tree.makeSafe { _ in chance.happens(oneIn: 2) }
        tree.forEach { inode in
            guard let file = inode as? SimulatedFile, chance.happens(oneIn: 2) else { return }
            file.synchronize()
        }
    }

    /// What processes read in a file; nil where there is none.
    func content(of path: String) -> [UInt8]? { file(path)?.cached.all }

    /// What the platters have of a file, whose name may not be safe; nil where there is none.
    func safeContent(of path: String) -> [UInt8]? { file(path)?.safe.all }

    /// The names in a folder, in order; nil where there is none.
    func names(of path: String) -> [String]? {
        let inode = try? tree.find(path, "opendir").inode
        return (inode as? SimulatedFolder)?.sortedNames
    }

    private func file(_ path: String) -> SimulatedFile? {
        let inode = try? tree.find(path, "open").inode
        return inode as? SimulatedFile
    }

    /// How many more bytes it takes.
    var room: Int {
        for case .full(let bytes) in faults { return max(0, bytes - used) }
        return Self.capacity - used
    }

    /// Whether it does something wrong at present.
    func has(_ fault: DiskFault) -> Bool { !faults.isEmpty && faults.contains(fault) }

    /// Decides on a call that changes something.
    func fate(of process: ProcessDisk, _ what: () -> String) -> CallFate {
        calls += 1
        return onCall?(process, what) ?? .happens
    }

    /// Writes what there is room for in a file of this name.
    ///
    /// - Returns: how much that is.
    func write(
        _ bytes: UnsafeRawBufferPointer,
        in file: SimulatedFile,
        _ name: String,
        at offset: Int
    ) throws(DiskError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        guard !refusesWrites(of: name) else { throw DiskError("write", EIO) }
        let growth = max(0, offset + bytes.count - file.cached.size)
        let count = bytes.count - max(0, growth - room)
        guard count > 0 else { throw DiskError("write", ENOSPC) }
        let before = file.cached.size
        file.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
        used += file.cached.size - before
        if count < bytes.count { onFailure?() }
        return count
    }

    private func refusesWrites(of name: String) -> Bool {
        faults.contains { fault in
            guard case .refusesWrites(let word) = fault else { return false }
            return word.map(name.contains) ?? true
        }
    }

    /// Changes the length of a file of this name.
    func resize(
        _ file: SimulatedFile,
        _ name: String,
        to size: Int,
        _ call: StaticString
    ) throws(DiskError) {
        guard !refusesWrites(of: name) else { throw DiskError(call, EIO) }
        guard size - file.cached.size <= room else { throw DiskError(call, ENOSPC) }
        used += size - file.cached.size
        file.resize(to: size)
    }

    /// Makes a file's content safe, or the names in a folder.
    func synchronize(_ inode: Inode, _ name: String) throws(DiskError) {
        let fails = takeSyncFault(name)
        if let file = inode as? SimulatedFile {
            guard !fails else {
                if habit != .keepsPages { onLoss?(name) }
                let before = file.cached.size
                file.forget(habit, chance)
                used += file.cached.size - before
                throw DiskError("fsync", EIO)
            }
            file.synchronize()
            // Some file systems bring a new file's name along, which nobody may rely on.
            if chance.happens(oneIn: 2) { tree.makeSafe { $0.inode === file } }
        } else if let folder = inode as? SimulatedFolder {
            guard !fails else { throw DiskError("fsync", EIO) }
            tree.makeSafe { $0.isIn(folder) }
        }
    }

    private func takeSyncFault(_ name: String) -> Bool {
        for (place, fault) in faults.enumerated() {
            guard case .failsSync(let times, let word) = fault else { continue }
            if let word, !name.contains(word) { continue }
            faults.remove(at: place)
            if times > 1 { faults.insert(.failsSync(times: times - 1, of: word), at: place) }
            return times > 0
        }
        return false
    }

    /// A name or an open file of it is gone: without any, its room is free.
    func release(_ inode: Inode) {
        inode.holders -= 1
        if inode.holders == 0, let file = inode as? SimulatedFile { used -= file.cached.size }
    }
}
