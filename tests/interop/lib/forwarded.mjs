// A relay in front of a gateway that trusts it: whoever comes through it looks like a client from
// far away, because the request's head gets an X-Forwarded-For.
import net from "node:net";

export async function forwarded(target, address) {
    const sockets = new Set();
    const server = net.createServer((near) => {
        const far = net.connect(target, "127.0.0.1");
        let head = "";
        const onHead = (data) => {
            head += data.toString("latin1");
            const end = head.indexOf("\r\n");
            if (end < 0) return;
            near.off("data", onHead);
            const line = `\r\nX-Forwarded-For: ${address}`;
            far.write(Buffer.from(head.slice(0, end) + line + head.slice(end), "latin1"));
            near.pipe(far);
        };
        near.on("data", onHead);
        far.pipe(near);
        for (const socket of [near, far]) {
            sockets.add(socket);
            socket.on("error", () => [near, far].forEach((one) => one.destroy()));
        }
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return {
        url: `ws://127.0.0.1:${server.address().port}`,
        stop: () => {
            server.close();
            for (const socket of sockets) socket.destroy();
        },
    };
}
