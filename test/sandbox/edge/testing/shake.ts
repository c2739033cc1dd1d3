import net from "node:net";

/** Opens a WebSocket. @returns everything that arrives until the answer to `say` or the end of the connection */
export function shake(port: number, host: string, say?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let heard = "";
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    socket.on("data", (bytes) => {
      heard += bytes.toString();
      if (heard.endsWith("\r\n\r\n") && say !== undefined && heard.startsWith("HTTP/1.1 101"))
        socket.write(say);
      if (say !== undefined && heard.endsWith(`echo ${say}`)) socket.end();
    });
    socket.on("close", () => resolve(heard)).on("error", reject);
  });
}
