// Idle: a server socket, a scheduler whose next task comes in an hour, and a pool without work.
import java.net.*;
import java.nio.file.*;
import java.util.concurrent.*;

public class OkServer {
    public static void main(String[] words) throws Exception {
        ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
        timer.schedule(() -> System.out.println("hour"), 1, TimeUnit.HOURS);
        ExecutorService pool = Executors.newFixedThreadPool(2);
        for (int n = 0; n < 4; n++) pool.submit(() -> n2());
        ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        say("ready");
        while (true) server.accept().close();
    }

    static int n2() { return 2; }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
