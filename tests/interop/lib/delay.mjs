// A TCP relay that holds every byte back for a while in each direction, in order.
import net from "node:net";

// Relays to 127.0.0.1:`target`.  The delay may be changed at any time; it counts for bytes that
// arrive from then on.
export async function delayed(target, ms) {
    const sockets = new Set();
    const relay = { ms };
    const server = net.createServer((near) => {
        const far = net.connect(target, "127.0.0.1");
        hold(near, far, relay);
        hold(far, near, relay);
        for (const socket of [near, far]) sockets.add(socket);
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address();
    relay.url = `ws://127.0.0.1:${port}`;
    relay.stop = () => {
        server.close();
        for (const socket of sockets) socket.destroy();
    };
    return relay;
}

function hold(from, to, relay) {
    from.setNoDelay(true);
    from.on("data", (data) => setTimeout(() => to.writable && to.write(data), relay.ms));
    from.on("end", () => setTimeout(() => to.end(), relay.ms));
    from.on("error", () => to.destroy());
}
