// Healthy: a pool of threads has nothing to do while the main thread computes.
import java.nio.file.*;
import java.util.concurrent.*;

public class OkExecutor {
    public static void main(String[] words) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(6);
        for (int n = 0; n < 20; n++) pool.submit(() -> Math.random()).get();
        say("ready");
        double[] table = new double[5000];
        for (long k = 0; ; k++) {
            table[(int) (k * 7919 % 5000)] += Math.cos(k) * table[(int) (k % 5000)];
            if (k % 50_000_000 == 0) System.out.println(table[3]);
        }
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
