import BoundedMemory
import Testing

@Suite struct TwoAgesTests {
    @Test func whatIsKeptIsFoundUntilItIsForgotten() {
        var memory = TwoAges<String, Int>(capacity: 10)
        memory.keep(1, as: "a")
        memory.keep(2, as: "b")
        memory.keep(3, as: "a")
        #expect(memory.value(of: "a") == 3 && memory.value(of: "b") == 2 && memory.value(of: "c") == nil)
        memory.forget("a")
        #expect(memory.value(of: "a") == nil && memory.value(of: "b") == 2)
        memory.forgetAll()
        #expect(memory.value(of: "b") == nil && memory.count == 0)
    }

    /// However many come, no more than the capacity stay; the newest half of them do.
    @Test(arguments: [2, 3, 10, 4096]) func itIsBounded(capacity: Int) {
        var memory = TwoAges<Int, Int>(capacity: capacity)
        for number in 0..<(capacity * 5) {
            memory.keep(number, as: number)
            #expect(memory.count <= capacity)
            #expect(memory.value(of: number) == number)
        }
        for number in (capacity * 5 - capacity / 2)..<(capacity * 5) { #expect(memory.value(of: number) == number) }
        #expect(memory.value(of: 0) == nil)
    }

    /// What is asked for again and again outlives any number of others.
    @Test func whatIsAskedForStays() {
        var memory = TwoAges<Int, Int>(capacity: 20)
        memory.keep(-1, as: -1)
        for number in 0..<1000 {
            memory.keep(number, as: number)
            #expect(memory.value(of: -1) == -1)
        }
    }

    /// A forgotten key is gone from both ages, and one that is kept anew does not come back as it was.
    @Test func nothingOldComesBack() {
        var memory = TwoAges<Int, Int>(capacity: 4)
        for number in 0..<3 { memory.keep(number, as: number) }
        // 0 is in the elder age by now.
        memory.keep(100, as: 0)
        #expect(memory.value(of: 0) == 100)
        memory.forget(0)
        #expect(memory.value(of: 0) == nil)
    }
}
