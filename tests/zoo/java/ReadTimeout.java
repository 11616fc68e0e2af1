// Reads the answer of a server over TCP; the server, another process, is silent.
import java.net.*;
import java.nio.file.*;

public class ReadTimeout {
    public static void main(String[] words) throws Exception {
        String silent = "import socket, time; s = socket.create_server(('127.0.0.1', 0));"
            + "print(s.getsockname()[1], flush=True); c, _ = s.accept(); time.sleep(300)";
        Process server = new ProcessBuilder("setsid", System.getenv("CASE_PYTHON"), "-c", silent).start();
        int port = Integer.parseInt(server.inputReader().readLine());
        server.getInputStream().close();
        Socket socket = new Socket("127.0.0.1", port);
        socket.getOutputStream().write("hello\n".getBytes());
        say("process " + server.pid());
        say("path 127.0.0.1:" + port);
        say("ready");
        socket.getInputStream().read();
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
