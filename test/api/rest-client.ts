/** The answer to a request; `body` is parsed if it is JSON. */
interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}
interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  instance: string;
  errors?: { field: string; detail: string; value?: string }[];
}
export type Row = Record<string, unknown>;

export interface RestClient {
  get: <T = ProblemBody>(path: string, init?: RequestInit) => Promise<Answer<T>>;
  /** Fails unless the answer is a problem by RFC 9457. */
  problem: (path: string, status: number, init?: RequestInit) => Promise<ProblemBody>;
}

export function restClient(base: () => string): RestClient {
  async function get<T = ProblemBody>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(base() + path, init);
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    return {
      status: response.status,
      headers: response.headers,
      body: (type.includes("json") ? JSON.parse(text) : text) as T,
    };
  }
  async function problem(
    path: string,
    status: number,
    init: RequestInit = {},
  ): Promise<ProblemBody> {
    const { status: sent, headers, body } = await get(path, init);
    expect({ sent, type: headers.get("content-type") }).toEqual({
      sent: status,
      type: "application/problem+json; charset=utf-8",
    });
    expect(body).toMatchObject({
      type: "about:blank",
      status,
      title: expect.any(String) as string,
      code: expect.stringMatching(/^[a-z_]+$/) as string,
    });
    expect(body.detail.length).toBeGreaterThan(5);
    return body;
  }
  return { get, problem };
}
