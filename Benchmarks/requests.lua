-- Sends prepared requests in turn, the last followed by the first.
-- Arguments: METHOD, a file with a request in each line, PATH or PATH<tab>TOKEN, and a file with the body where there is one.
local prepared = {}
local next_one = 0

function init(args)
    local body
    if args[3] then
        local file = assert(io.open(args[3], "rb"))
        body = file:read("*a")
        file:close()
    end
    for line in io.lines(args[2]) do
        local path, token = line:match("^([^\t]*)\t(.*)$")
        local headers = { ["Host"] = "127.0.0.1" }
        if token then headers["Authorization"] = "Bearer " .. token end
        if body then headers["Content-Type"] = "application/json" end
        prepared[#prepared + 1] = wrk.format(args[1], path or line, headers, body)
    end
end

function request()
    next_one = next_one % #prepared + 1
    return prepared[next_one]
end
